//! Parts of charts.

pub(crate) mod scale;
pub(crate) mod svg;
