//! A comparison as text for people.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::chart::{CAPACITY, Canvas};
use super::scale::{shown, whole_ms};
use super::{Comparison, NETWORK, Run, WINDOW, name};

impl Comparison {
    /// A chart for each run, all on the same axes; a table that compares them; and what differs, in a sentence.
    ///
    /// No line is longer than `width` characters, as long as that is 70 at least.
    pub fn to_text(&self, width: usize) -> String {
        let canvas = Canvas::of(self, width);
        let mut text = self.facts(&canvas);
        for run in &self.runs {
            let configured = if run.jitter == self.config.jitter { " (as configured)" } else { "" };
            text += &format!("\n{}{configured}\n{}", name(run.jitter), canvas.draw(run));
        }
        format!("{text}\n{}\n{}", self.table(), wrapped(&self.conclusion(), width))
    }

    /// What the run is made of, and how its charts are read.
    fn facts(&self, canvas: &Canvas) -> String {
        let (window, network) = (shown(whole_ms(WINDOW)), shown(whole_ms(NETWORK)));
        let capacity = self.herd.capacity;
        let each = match canvas.axes.windows {
            1 => format!("calls that reach the server in each {window}"),
            _ => {
                let bar = shown(canvas.axes.milliseconds_of_a_bar());
                format!("calls in the busiest {window} of each {bar}")
            }
        };
        let mark = if canvas.shows_capacity() {
            format!("{CAPACITY} is the capacity")
        } else {
            "the capacity is above them".to_string()
        };
        let facts = [
            ("clients", format!("{}, all at time 0; each message takes {network}", self.herd.clients)),
            ("server", format!("answers {capacity} calls in each {window}, refuses the others at once")),
            ("retry", self.settings()),
            ("seed", self.seed.number().to_string()),
            ("bars", format!("{each}; {mark}")),
        ];
        facts.map(|(name, fact)| format!("{name:<7}  {fact}\n")).concat()
    }

    /// The settings that all clients follow.
    pub(super) fn settings(&self) -> String {
        let config = &self.config;
        let attempts = match config.max_attempts {
            1 => "1 attempt".to_string(),
            attempts => format!("{attempts} attempts"),
        };
        let [first, cap, deadline] =
            [config.initial_backoff_ms, config.max_backoff_ms, config.deadline_ms].map(shown);
        format!("{attempts}; {first} × {}, {cap} at most; deadline {deadline}", config.multiplier)
    }

    /// The runs beside each other, one a column.
    fn table(&self) -> String {
        let ms = |time: Option<Duration>| time.map_or("-".into(), |time| whole_ms(time).to_string());
        let mut rows = Vec::from([Vec::from([String::new()])]);
        rows.iter_mut().for_each(|row| row.extend(self.runs.iter().map(|run| name(run.jitter).to_string())));
        let mut row = |name: &str, cell: &dyn Fn(&Run) -> String| {
            let cells = self.runs.iter().map(cell);
            rows.push(core::iter::once(name.to_string()).chain(cells).collect());
        };
        row("clients that succeed", &|run| run.succeeded().to_string());
        row("clients that give up", &|run| run.gave_up.to_string());
        row("calls", &|run| run.calls().to_string());
        row("calls that are refused", &|run| run.refused().to_string());
        row("busiest 100 ms, calls", &|run| run.peak().to_string());
        row("  after the first", &|run| run.later_peak().to_string());
        row("last success, ms", &|run| ms(run.last_success()));
        row("latency, ms: mean", &|run| ms(run.mean_latency()));
        row("  median", &|run| ms(run.latency(50)));
        row("  99 % are within", &|run| ms(run.latency(99)));
        let widest =
            |cells: &dyn Fn(&Vec<String>) -> Vec<usize>| rows.iter().flat_map(cells).max().unwrap_or(0);
        let names = widest(&|row| row.iter().take(1).map(String::len).collect());
        let column = widest(&|row| row.iter().skip(1).map(String::len).collect());
        let line = |row: &Vec<String>| {
            let cells = row.iter().skip(1).map(|cell| format!("  {cell:>column$}"));
            format!("{:<names$}{}\n", row.first().map_or("", String::as_str), cells.collect::<String>())
        };
        rows.iter().map(line).collect()
    }

    /// What differs between the runs, in a sentence made of their numbers.
    pub fn conclusion(&self) -> String {
        if self.runs.iter().all(|run| run.refused() == 0) {
            return "No call is refused, so that jitter makes no difference here.".into();
        }
        let clients = self.herd.clients;
        let succeed = self.extremes(Run::succeeded).map_or_else(
            |same| format!("With every jitter {same} of {clients} clients succeed"),
            |Extremes { least: (least, worst), most: (most, best) }| {
                format!(
                    "Most clients succeed with {best} ({most} of {clients}), fewest with {worst} ({least})"
                )
            },
        );
        let refused = self.extremes(Run::refused).map_or_else(
            |same| format!("{same} calls are refused"),
            |Extremes { least: (least, best), most: (most, worst) }| {
                format!("the fewest calls are refused with {best} ({least}), the most with {worst} ({most})")
            },
        );
        let peak = self.extremes(Run::later_peak).map_or_else(
            |same| format!("the busiest 100 ms after the first have {same} calls"),
            |Extremes { least: (least, best), most: (most, worst) }| {
                format!(
                    "after the first 100 ms the peak is lowest with {best} ({least} calls in 100 ms) and highest with {worst} ({most})"
                )
            },
        );
        format!("{succeed}; {refused}; {peak}.")
    }

    /// The least and the most of a number, with the names of the runs that have it; the number where all have the same.
    fn extremes(&self, number: impl Fn(&Run) -> u64) -> Result<Extremes, u64> {
        let numbers = || self.runs.iter().map(&number);
        let (least, most) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
        if least == most {
            return Err(most);
        }
        let named = |wanted: u64| {
            let runs = self.runs.iter().filter(|run| number(run) == wanted);
            enumerated(&runs.map(|run| name(run.jitter)).collect::<Vec<_>>())
        };
        Ok(Extremes { least: (least, named(least)), most: (most, named(most)) })
    }
}

struct Extremes {
    least: (u64, String),
    most: (u64, String),
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

/// The text in lines of at most so many characters, as far as its words allow.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines + "\n"
}
