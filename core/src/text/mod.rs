//! Formats for text that people read.

#[cfg(any(feature = "retry", feature = "schema"))]
pub(crate) mod calendar;
mod characters;
mod columns;
mod listed;
pub(crate) mod markdown;
#[cfg(any(feature = "policy", feature = "retry"))]
pub(crate) mod markup;
#[cfg(feature = "agents")]
mod pattern;
#[cfg(feature = "bench")]
mod quantity;
mod quote;
mod shortened;
#[cfg(feature = "bench")]
mod split;
mod units;
mod visible;
mod wrap;

#[cfg(any(feature = "retry", feature = "schema"))]
pub use calendar::rfc3339;
pub(crate) use characters::{invisible, look_alike};
pub use columns::columns;
pub use listed::listed;
#[cfg(feature = "agents")]
pub(crate) use pattern::Pattern;
#[cfg(feature = "agents")]
pub use pattern::PatternError;
#[cfg(feature = "bench")]
pub use quantity::{QuantityError, parse_duration, parse_percent};
pub use quote::command_line;
#[cfg(feature = "agents")]
pub(crate) use quote::quoted_word;
pub use shortened::shortened;
#[cfg(feature = "bench")]
pub use split::{SplitError, split_words};
pub use units::{count, duration, grouped, grouped_count, size};
pub(crate) use visible::visible_char;
pub use visible::{is_control, visible, visible_lines};
pub(crate) use wrap::wrapped;
