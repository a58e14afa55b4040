//! Parts of charts.

pub(crate) mod scale;
