//! Formats for text that people read.

#[cfg(any(feature = "retry", feature = "schema"))]
pub(crate) mod calendar;
mod characters;
mod units;
mod visible;
#[cfg(any(feature = "retry", feature = "schema"))]
mod wrap;

#[cfg(any(feature = "retry", feature = "schema"))]
pub use calendar::rfc3339;
pub(crate) use characters::{invisible, look_alike};
pub use units::{count, duration, grouped, grouped_count, size};
pub(crate) use visible::visible_char;
pub use visible::{is_control, visible, visible_lines};
#[cfg(any(feature = "retry", feature = "schema"))]
pub(crate) use wrap::wrapped;
