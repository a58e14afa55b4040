//! What a schema allows at one key, as plain data, to make up values.

use alloc::string::String;
use alloc::vec::Vec;

use crate::tree::{Number, TypeSet, Value};

/// What a schema allows at one key. It need not be complete: a value that it allows may still be refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    /// The values of `enum` and `const`; empty if others are allowed.
    pub(crate) allowed: Vec<Value>,
    pub(crate) min: Option<Number>,
    pub(crate) max: Option<Number>,
    pub(crate) step: Option<Number>,
    pub(crate) min_length: usize,
    pub(crate) max_length: Option<usize>,
    pub(crate) patterns: Vec<String>,
    /// The name of a format.
    pub(crate) format: Option<&'static str>,
    pub(crate) min_items: usize,
    pub(crate) max_items: Option<usize>,
    /// The alternatives of `anyOf` and `oneOf`, with their types.
    pub(crate) alternatives: Vec<(TypeSet, Bounds)>,
}
