//! The windows of a comparison as bars of one axis of time.

use alloc::vec;
use alloc::vec::Vec;

use super::{Comparison, Load, Run, WINDOW};

/// The axes that all runs of a comparison share, so that their bars compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    /// How many bars there are.
    pub(super) bars: u64,
    /// How many windows a bar stands for; it shows the busiest of them.
    pub(super) windows: u64,
    /// The most calls of a bar.
    pub(super) peak: u64,
}

impl Axes {
    /// The axes of at least and at most so many bars; those beyond the last call are empty.
    pub(super) fn of(comparison: &Comparison, least: u64, room: u64) -> Self {
        let last = comparison.runs.iter().filter_map(|run| run.load.last()).map(number).max();
        let all = last.map_or(1, |last| last + 1).max(least);
        let windows = all.div_ceil(room.max(1));
        let peak = comparison.runs.iter().map(Run::peak).max().unwrap_or(0);
        Self { bars: all.div_ceil(windows), windows, peak }
    }

    /// How long the axis of time is, in milliseconds.
    pub(super) fn milliseconds(&self) -> u64 {
        self.bars.saturating_mul(self.milliseconds_of_a_bar())
    }

    /// How much time a bar stands for, in milliseconds.
    pub(super) fn milliseconds_of_a_bar(&self) -> u64 {
        self.windows.saturating_mul(window_ms())
    }

    /// The busiest window behind each bar; of two that are as busy the first.
    pub(super) fn bars(&self, run: &Run) -> Vec<Load> {
        let mut bars = vec![Load::default(); usize::try_from(self.bars).unwrap_or(0)];
        for load in &run.load {
            let place = usize::try_from(number(load) / self.windows).ok();
            if let Some(bar) = place.and_then(|place| bars.get_mut(place))
                && load.calls > bar.calls
            {
                *bar = *load;
            }
        }
        bars
    }
}

/// How many windows lie before that of a load.
fn number(load: &Load) -> u64 {
    u64::try_from(load.start.as_millis()).unwrap_or(u64::MAX) / window_ms()
}

fn window_ms() -> u64 {
    u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX)
}
