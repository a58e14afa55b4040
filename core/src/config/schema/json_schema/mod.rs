//! The implementation of JSON Schema.

use super::facts;

mod addresses;
mod against_meta;
mod aliases;
mod alternatives;
mod applicable;
mod ascii_pattern;
mod assertion;
#[cfg(feature = "proptest")]
mod bounds;
mod check;
mod choices;
mod compile;
mod compiler;
mod defaults;
mod dialect;
mod discriminator;
mod documents;
mod equality;
mod evaluated;
mod explain;
mod explanations;
mod format;
mod graph;
mod key_facts;
mod keywords;
mod late_defaults;
mod lookup;
mod merge_keyword;
mod messages;
mod meta_schema;
mod misplaced;
mod pattern;
mod prepared;
mod reasons;
mod schema;
mod secrets;
mod types;
mod variants;
mod violation;
mod violation_context;

pub(crate) use addresses::is_same_address;
pub use addresses::{SchemaMap, SchemaMapError, file_address, schema_paths};
pub use check::SchemaValidator;
pub use documents::Documents;
pub use schema::Schema;
pub(crate) use secrets::SchemaDescription;
