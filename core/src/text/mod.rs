//! Texts for people: one function for each kind of thing that is shown.

pub(crate) mod calendar;
mod visible;

pub(crate) use visible::visible_char;
pub use visible::{is_control, visible};
