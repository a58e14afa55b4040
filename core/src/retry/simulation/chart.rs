//! The load of a run over time, drawn with block characters.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::bars::Axes;
use super::{Comparison, SimulationRun};
use crate::plot::scale::{share, time_label, time_step};

/// The height of the bars, in lines.
const LINES: u64 = 6;
/// The room for a label at the end of the axis.
const LAST_LABEL: usize = 7;
/// The usual limit of the width of a bar in characters, with its gap.
const WIDEST: u64 = 8;
/// A bar of this width has a gap after it.
const WITH_GAP: u64 = 3;
/// The eighths of a character from below.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The mark of the capacity where no bar is.
pub(super) const CAPACITY: char = '╌';

/// The layout of the charts of a comparison: all have the same axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    pub(super) axes: Axes,
    capacity: u64,
    /// The calls that fill all lines.
    max: u64,
    /// The width of the numbers beside the axis.
    digits: usize,
    /// The width of a bar in characters.
    bar_width: u64,
}

impl Canvas {
    /// A canvas of this width in characters; it is wider if this is too small.
    pub(super) fn of(comparison: &Comparison, width: usize) -> Self {
        let (capacity, max) = (u64::from(comparison.scenario.capacity), comparison.highest());
        let digits = max.to_string().len().max(3);
        let beside = digits + 2 + LAST_LABEL;
        let room = u64::try_from(width.saturating_sub(beside)).unwrap_or(0).max(20);
        let axes = Axes::of(comparison, room / WIDEST, room);
        Self { axes, capacity, max, digits, bar_width: (room / axes.bars.max(1)).max(1) }
    }

    /// Whether the line of the capacity is on the canvas.
    pub(super) fn shows_capacity(&self) -> bool {
        self.capacity <= self.max
    }

    /// The bars of a run, the axis below them, and its times.
    pub(super) fn draw(&self, run: &SimulationRun) -> String {
        let bars: Vec<u64> = self.axes.bars(run).into_iter().map(|load| self.eighths(load.calls)).collect();
        let marked = share(self.capacity, self.max, LINES).min(LINES - 1);
        let mut text = String::new();
        for line in (0..LINES).rev() {
            let is_marked = self.shows_capacity() && line == marked;
            let label = match line {
                _ if line == LINES - 1 => self.max.to_string(),
                _ if is_marked => self.capacity.to_string(),
                _ => String::new(),
            };
            let tick = if label.is_empty() { '│' } else { '┤' };
            let cells: String = bars.iter().map(|eighths| self.cells(*eighths, line, is_marked)).collect();
            let digits = self.digits;
            let row = format!("{label:>digits$} {tick}{cells}");
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text + &self.time_axis()
    }

    /// The height of a bar in eighths of a line, at least 1 for one call.
    fn eighths(&self, calls: u64) -> u64 {
        share(calls, self.max, LINES * 8).max(u64::from(calls > 0))
    }

    /// The characters of a bar in one line, with its gap.
    fn cells(&self, eighths: u64, line: u64, is_marked: bool) -> String {
        let filled = eighths.saturating_sub(line * 8).min(8);
        let empty = if is_marked { CAPACITY } else { ' ' };
        let block = usize::try_from(filled).ok().and_then(|filled| EIGHTHS.get(filled));
        let block = block.copied().filter(|_| filled > 0).unwrap_or(empty);
        let gap = u64::from(self.bar_width >= WITH_GAP);
        (0..self.bar_width).map(|column| if column + gap < self.bar_width { block } else { empty }).collect()
    }

    /// The axis of time: ticks with their times below them.
    fn time_axis(&self) -> String {
        let (each, all) = (self.axes.bar_ms().max(1), self.axes.total_ms());
        let columns = self.axes.bars * self.bar_width;
        let step = time_step(all, (columns / 9).max(1));
        let mut axis = format!("{:>1$} ┼", 0, self.digits);
        let mut labels = " ".repeat(self.digits + 1);
        let mut ticks = (0..=all / step).map(|number| number * step).peekable();
        for column in 0..=columns {
            let Some(at) = ticks.next_if(|at| share(*at, each, self.bar_width) <= column) else {
                axis.push('─');
                continue;
            };
            axis.push(if column == 0 { '─' } else { '┬' });
            let place = self.digits + 2 + usize::try_from(column).unwrap_or(0);
            let gap = place.saturating_sub(labels.chars().count());
            labels += &" ".repeat(gap);
            labels += &time_label(at, step, all);
        }
        format!("{axis}\n{labels}\n")
    }
}
