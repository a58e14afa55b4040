//! A comparison as text for people.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::chart::{CAPACITY, Canvas};
use super::{Comparison, NETWORK, SimulationRun, WINDOW, name};
use crate::plot::scale::whole_ms;
use crate::text::{count, duration, wrapped};

impl Comparison {
    /// A chart for each run, all on the same axes; a table that compares them; and the conclusion.
    ///
    /// No line is longer than `width` characters, if that is 70 at least.
    pub fn to_text(&self, width: usize) -> String {
        let canvas = Canvas::of(self, width);
        let mut text = self.facts(&canvas);
        for run in &self.runs {
            let configured = if run.jitter == self.config.jitter { " (as configured)" } else { "" };
            text += &format!("\n{}{configured}\n{}", name(run.jitter), canvas.draw(run));
        }
        format!("{text}\n{}\n{}\n", self.table(), wrapped(&self.conclusion(), width).join("\n"))
    }

    /// The settings of the simulation, and how to read the charts.
    fn facts(&self, canvas: &Canvas) -> String {
        let (window, network) = (duration(WINDOW), duration(NETWORK));
        let capacity = count(self.scenario.capacity, "call");
        let each = match canvas.axes.windows {
            1 => format!("calls that reach the server in each {window}"),
            _ => {
                let bar = duration(Duration::from_millis(canvas.axes.bar_ms()));
                format!("calls in the busiest {window} of each {bar}")
            }
        };
        let mark = if canvas.shows_capacity() {
            format!("{CAPACITY} is the capacity")
        } else {
            "the capacity is above them".to_string()
        };
        let facts = [
            ("clients", format!("{}, all at time 0; each message takes {network}", self.scenario.clients)),
            ("server", format!("answers {capacity} in each {window}, refuses the others at once")),
            ("retry", self.settings()),
            ("seed", self.seed.number().to_string()),
            ("bars", format!("{each}; {mark}")),
        ];
        facts.map(|(name, fact)| format!("{name:<7}  {fact}\n")).concat()
    }

    /// The settings of all clients.
    pub(super) fn settings(&self) -> String {
        let config = &self.config;
        let attempts = count(config.max_attempts, "attempt");
        let [first, cap, deadline] =
            [config.initial_backoff(), config.max_backoff(), config.deadline()].map(duration);
        format!("{attempts}; {first} × {}, {cap} at most; deadline {deadline}", config.multiplier)
    }

    /// The runs side by side, one in each column.
    fn table(&self) -> String {
        let ms = |time: Option<Duration>| time.map_or("-".into(), |time| whole_ms(time).to_string());
        let row = |name, cell: &dyn Fn(&SimulationRun) -> String| {
            (name, self.runs.iter().map(cell).collect::<Vec<_>>())
        };
        let rows = [
            row("", &|run| name(run.jitter).to_string()),
            row("clients that succeed", &|run| run.succeeded().to_string()),
            row("clients that give up", &|run| run.gave_up.to_string()),
            row("calls", &|run| run.calls().to_string()),
            row("calls that are refused", &|run| run.refused().to_string()),
            row("busiest 100 ms, calls", &|run| run.peak().to_string()),
            row("  after the first", &|run| run.later_peak().to_string()),
            row("last success, ms", &|run| ms(run.last_success())),
            row("latency, ms: mean", &|run| ms(run.mean_latency())),
            row("  median", &|run| ms(run.latency(50))),
            row("  99 % are within", &|run| ms(run.latency(99))),
        ];
        let names = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let widest = rows.iter().flat_map(|(_, cells)| cells).map(String::len).max().unwrap_or(0);
        let line = |(name, cells): &(&str, Vec<String>)| {
            let cells = cells.iter().map(|cell| format!("  {cell:>widest$}"));
            format!("{name:<names$}{}\n", cells.collect::<String>())
        };
        rows.iter().map(line).collect()
    }
}
