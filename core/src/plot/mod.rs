//! Axes of charts.

pub(crate) mod scale;
