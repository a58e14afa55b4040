#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![doc = include_str!("../README.md")]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod diagnostic;
pub mod diff;
pub mod explain;
mod key;
mod merge;
mod number;
mod origin;
pub mod print;
pub mod redact;
pub mod report;
pub mod schema;
pub mod source;
#[cfg(test)]
mod testing;
mod value;

pub use diagnostic::{Diagnostic, Severity};
pub use key::{Key, KeyError, Segment};
pub use merge::{Layer, ListStrategy, Merged, merge};
pub use number::{NotANumber, Number};
pub use origin::{LayerKind, Origin, Source};
pub use value::{Fingerprint, Kind, MAX_DEPTH, Table, Value};
