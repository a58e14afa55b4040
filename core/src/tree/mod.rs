//! The tree of a configuration: values with their origin, their text and typed forms, and diagnostics.

mod code;
mod datetime;
mod diagnostic;
pub mod diff;
mod exit;
mod foreign_names;
mod key;
pub mod nearest;
mod number;
mod origin;
pub mod print;
mod redact_at;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod type_set;
pub mod typed;
mod value;

pub use code::{Code, CodeFamily};
pub use datetime::{Datetime, NotADatetime};
#[cfg(feature = "policy")]
pub(crate) use diagnostic::most_important_by;
pub use diagnostic::{Diagnostic, Severity, in_report_order, is_ok, most_important, with_strictness};
pub use exit::Exit;
pub(crate) use key::write_quoted;
pub use key::{Key, KeyError, Segment};
pub use number::{NotANumber, Number};
pub use origin::{LayerKind, Origin, Source};
pub use redact_at::{REDACTED, redact_at};
pub use text::Text;
pub use type_set::TypeSet;
pub(crate) use value::{DECIMAL, Past, replace_entry};
pub use value::{Fingerprint, Kind, List, ListIter, MAX_DEPTH, Table, TableIter, Value};
