//! The windows of a comparison as bars on one axis of time.

use alloc::vec;
use alloc::vec::Vec;

use super::{Comparison, SimulationRun, WINDOW_MS, WindowLoad};
use crate::plot::scale::whole_ms;

/// The bars of all runs of a comparison, on the same axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    /// How many bars there are.
    pub(super) bars: u64,
    /// How many windows a bar covers; it shows the busiest of them.
    pub(super) windows: u64,
}

impl Axes {
    /// From `least` to `most` bars; those after the last call are empty.
    pub(super) fn of(comparison: &Comparison, min: u64, max: u64) -> Self {
        let last = comparison.runs.iter().filter_map(|run| run.load.last()).map(window_number).max();
        let all = last.map_or(1, |last| last + 1).max(min);
        let windows = all.div_ceil(max.max(1));
        Self { bars: all.div_ceil(windows), windows }
    }

    /// The length of the axis of time, in milliseconds.
    pub(super) fn total_ms(&self) -> u64 {
        self.bars.saturating_mul(self.bar_ms())
    }

    /// The time that a bar covers, in milliseconds.
    pub(super) fn bar_ms(&self) -> u64 {
        self.windows.saturating_mul(WINDOW_MS)
    }

    /// The busiest window of each bar; the first of equal ones.
    pub(super) fn bars(&self, run: &SimulationRun) -> Vec<WindowLoad> {
        let mut bars = vec![WindowLoad::default(); usize::try_from(self.bars).unwrap_or(0)];
        for load in &run.load {
            let place = usize::try_from(window_number(load) / self.windows).ok();
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
    /// The calls at the top of the bars: the peak, or the capacity where that is not far above it.
    pub(super) fn highest(&self) -> u64 {
        let peak = self.runs.iter().map(SimulationRun::peak).max().unwrap_or(0);
        let capacity = u64::from(self.scenario.capacity);
        if capacity <= peak.saturating_mul(2) { peak.max(capacity) } else { peak }.max(1)
    }
}

/// The number of a window, from 0.
fn window_number(load: &WindowLoad) -> u64 {
    whole_ms(load.start) / WINDOW_MS
}
