//! A comparison as one layout: a panel for each run, all on the same axes.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::bars::Axes;
use super::{Comparison, NETWORK, SimulationRun, WINDOW, name};
use crate::plot::scale::{count_step, share, time_label, time_step};
use crate::text::duration;
use crate::text::markup::escaped;

/// Lengths are tenths of a pixel, so that integers suffice and every platform draws the same.
const WIDTH: u64 = 9600;
/// The width left of the bars: the numbers and the name of their axis.
const LEFT: u64 = 900;
/// The width right of the bars: the label of the capacity.
const RIGHT: u64 = 1300;
/// The height above the first panel: title, settings and legend.
const TOP: u64 = 860;
/// The height below the last panel: times and the name of their axis.
const BOTTOM: u64 = 660;
/// The height of the bars of a panel.
const PANEL: u64 = 1200;
/// The height between two panels: the title of the lower one.
const GAP: u64 = 560;
/// The room for bars.
const ROOM: u64 = WIDTH - LEFT - RIGHT;
const MIN_BARS: u64 = 10;
/// A bar is at least two pixels wide.
const MAX_BARS: u64 = ROOM / 20;

const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;font-size:12px;fill:#3d4451}\
.title{font-size:19px;font-weight:600;fill:#1b1f27}.name{font-size:14px;font-weight:600;fill:#1b1f27}\
.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:#e3e6eb;fill:none}.axis{stroke:#8a92a0;fill:none}\
.answered{fill:#2166ac}.refused{fill:#f4a582}.capacity{stroke:#1b1f27;stroke-width:1.2;stroke-dasharray:5 3;fill:none}\
.mark{fill:#1b1f27}";

impl Comparison {
    /// The comparison as one SVG document, complete in itself: its own background, no script, no font, no link.
    ///
    /// The height of a bar is the calls of its window: the answered ones below, the refused ones above.
    pub fn to_svg(&self) -> String {
        let axes = Axes::of(self, MIN_BARS, MAX_BARS);
        let capacity = u64::from(self.scenario.capacity);
        let step = count_step(self.highest(), 4);
        let max = self.highest().div_ceil(step).saturating_mul(step);
        let bar = ROOM / axes.bars.max(1);
        let panels = u64::try_from(self.runs.len()).unwrap_or(0);
        let height = TOP + BOTTOM + panels * (PANEL + GAP);
        let layout = SvgLayout { axes, capacity, step, max, bar, right: LEFT + axes.bars * bar };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\">\n",
            w = px(WIDTH),
            h = px(height)
        );
        let title = self.title();
        svg += &format!("<title>{}</title>\n<desc>{}</desc>\n", escaped(&title), escaped(&self.conclusion()));
        svg += &format!("<style>{STYLE}</style>\n");
        svg += &format!("<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n", px(WIDTH), px(height));
        svg += &text("title", LEFT, 340, &title);
        svg += &text("", LEFT, 570, &format!("{}; seed {}", self.settings(), self.seed.number()));
        svg += &layout.legend();
        for (run, number) in self.runs.iter().zip(0..) {
            svg += &layout.panel(run, TOP + GAP + number * (PANEL + GAP));
        }
        svg += &layout.times(TOP + panels * (PANEL + GAP));
        svg + "</svg>\n"
    }

    fn title(&self) -> String {
        let calls = if self.scenario.clients == 1 {
            "1 client calls"
        } else {
            &format!("{} clients call", self.scenario.clients)
        };
        let window = duration(WINDOW);
        format!("{calls} at once; the server answers {} in each {window}", self.scenario.capacity)
    }
}

/// The positions and the scale of the drawing.
struct SvgLayout {
    axes: Axes,
    capacity: u64,
    /// The calls between two lines of the grid.
    step: u64,
    /// The calls at the top of a panel.
    max: u64,
    /// The width of a bar with its gap.
    bar: u64,
    /// Where the last bar ends.
    right: u64,
}

impl SvgLayout {
    fn legend(&self) -> String {
        let window = duration(WINDOW);
        let each = match self.axes.windows {
            1 => format!("each bar: {window}"),
            _ => format!(
                "each bar: the busiest {window} of {}",
                duration(Duration::from_millis(self.axes.bar_ms()))
            ),
        };
        let square = |class: &str, x: u64| {
            format!("<rect class=\"{class}\" x=\"{}\" y=\"71\" width=\"11\" height=\"11\"/>\n", px(x))
        };
        let mut svg = square("answered", LEFT) + &text("", LEFT + 170, 810, "calls answered");
        svg += &(square("refused", LEFT + 1250) + &text("", LEFT + 1420, 810, "calls refused"));
        svg += &text("", LEFT + 2450, 810, &each);
        if self.capacity > self.max {
            svg += &text("", LEFT + 5200, 810, "the capacity is above the scale");
        }
        svg
    }

    /// The bars of a run, with the top of its panel at `top`.
    fn panel(&self, run: &SimulationRun, top: u64) -> String {
        let bottom = top + PANEL;
        let mut svg = text("name", LEFT, top - 150, name(run.jitter));
        svg += &text("end", LEFT + ROOM, top - 150, &summary(run));
        let middle = top + PANEL / 2;
        svg += &format!(
            "<text class=\"mid\" transform=\"translate(22 {}) rotate(-90)\">calls in {}</text>\n",
            px(middle),
            duration(WINDOW)
        );
        for calls in (0..=self.max / self.step).map(|number| number * self.step) {
            let y = bottom - share(calls, self.max, PANEL);
            let class = if calls == 0 { "axis" } else { "grid" };
            svg += &line(class, (LEFT, y), (self.right, y));
            svg += &text("end", LEFT - 80, y + 40, &calls.to_string());
        }
        for (at, _) in self.ticks() {
            svg += &line("axis", (at, bottom), (at, bottom + 40));
        }
        svg += &self.bars(run, bottom);
        if self.capacity <= self.max {
            let y = bottom - share(self.capacity, self.max, PANEL);
            svg += &line("capacity", (LEFT, y), (self.right, y));
            svg += &text("mark", self.right + 80, y + 40, &format!("capacity {}", self.capacity));
        }
        svg
    }

    /// All bars of a run, as two paths.
    fn bars(&self, run: &SimulationRun, bottom: u64) -> String {
        let gap = if self.bar >= 40 { self.bar / 8 } else { 0 };
        let (mut answered, mut refused) = (String::new(), String::new());
        for (load, number) in self.axes.bars(run).iter().zip(0..) {
            let x = LEFT + number * self.bar;
            let below = share(load.answered, self.max, PANEL);
            // One call is at least a pixel high.
            let all = share(load.calls, self.max, PANEL).max(10 * u64::from(load.calls > 0));
            let rectangle = |shape: &mut String, y: u64, height: u64| {
                if height > 0 {
                    let (x, y, width, height) = (px(x), px(y), px(self.bar - gap), px(height));
                    *shape += &format!("M{x} {y}h{width}v{height}h-{width}z");
                }
            };
            let below = if load.calls == load.answered { all } else { below };
            rectangle(&mut answered, bottom - below, below);
            rectangle(&mut refused, bottom - all, all - below);
        }
        let path = |class: &str, shape: &str| format!("<path class=\"{class}\" d=\"{shape}\"/>\n");
        path("answered", &answered) + &path("refused", &refused)
    }

    /// The times below the last panel, which ends at `bottom`.
    fn times(&self, bottom: u64) -> String {
        let mut svg = String::new();
        for (at, label) in self.ticks() {
            svg += &text("mid", at, bottom + 190, &label);
        }
        let network = duration(NETWORK);
        let axis = format!("time since the first call (a message takes {network} each way)");
        svg + &text("mid", LEFT + ROOM / 2, bottom + 430, &axis)
    }

    /// The ticks of the axis of time with their labels.
    fn ticks(&self) -> Vec<(u64, String)> {
        let all = self.axes.total_ms();
        let width = self.axes.bars * self.bar;
        let step = time_step(all, (width / 800).max(1));
        let times = (0..=all / step).map(|number| number * step);
        times.map(|at| (LEFT + share(at, all, width), time_label(at, step, all))).collect()
    }
}

fn summary(run: &SimulationRun) -> String {
    let clients = run.succeeded() + run.gave_up;
    let last =
        run.last_success().map_or(String::new(), |last| format!(", the last after {}", duration(last)));
    format!(
        "{} of {clients} clients succeed{last}; {} of {} calls refused",
        run.succeeded(),
        run.refused(),
        run.calls()
    )
}

fn text(class: &str, x: u64, y: u64, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>\n", px(x), px(y), escaped(text))
}

fn line(class: &str, from: (u64, u64), to: (u64, u64)) -> String {
    let ((x, y), (to_x, to_y)) = (from, to);
    format!("<path class=\"{class}\" d=\"M{} {}L{} {}\"/>\n", px(x), px(y), px(to_x), px(to_y))
}

/// Tenths of a pixel as pixels.
fn px(tenths: u64) -> String {
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}
