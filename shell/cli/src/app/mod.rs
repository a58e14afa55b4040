//! Commands about the files of the shipped application.

pub(crate) mod migrate;
pub(crate) mod trust;
