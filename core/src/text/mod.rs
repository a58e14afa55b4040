//! Texts for people: one function for each kind of thing that is shown.

mod visible;

pub(crate) use visible::visible_char;
pub use visible::{is_control, visible};
