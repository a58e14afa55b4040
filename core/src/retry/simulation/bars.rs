//! The windows of a comparison as bars of one axis of time.

use alloc::vec;
use alloc::vec::Vec;

use super::{Comparison, Load, Run, WINDOW_MS};
use crate::plot::scale::whole_ms;

/// The bars that all runs of a comparison have, so that they compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    /// How many bars there are.
    pub(super) bars: u64,
    /// How many windows a bar stands for; it shows the busiest of them.
    pub(super) windows: u64,
}

impl Axes {
    /// At least and at most so many bars; those beyond the last call are empty.
    pub(super) fn of(comparison: &Comparison, least: u64, room: u64) -> Self {
        let last = comparison.runs.iter().filter_map(|run| run.load.last()).map(number).max();
        let all = last.map_or(1, |last| last + 1).max(least);
        let windows = all.div_ceil(room.max(1));
        Self { bars: all.div_ceil(windows), windows }
    }

    /// How long the axis of time is, in milliseconds.
    pub(super) fn milliseconds(&self) -> u64 {
        self.bars.saturating_mul(self.milliseconds_of_a_bar())
    }

    /// How much time a bar stands for, in milliseconds.
    pub(super) fn milliseconds_of_a_bar(&self) -> u64 {
        self.windows.saturating_mul(WINDOW_MS)
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

impl Comparison {
    /// The calls at the top of the bars: the peak, or the capacity where it is in sight.
    pub(super) fn highest(&self) -> u64 {
        let peak = self.runs.iter().map(Run::peak).max().unwrap_or(0);
        let capacity = u64::from(self.herd.capacity);
        if capacity <= peak.saturating_mul(2) { peak.max(capacity) } else { peak }.max(1)
    }
}

/// How many windows lie before that of a load.
fn number(load: &Load) -> u64 {
    whole_ms(load.start) / WINDOW_MS
}
