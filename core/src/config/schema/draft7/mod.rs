//! The implementation of Draft 7.

use super::facts;

mod addresses;
mod against_meta;
mod aliases;
mod alternatives;
mod assertion;
mod check;
mod compile;
mod defaults;
mod documents;
mod format;
mod graph;
mod judge;
mod lookup;
mod messages;
mod misplaced;
mod pattern;
mod schema;
mod violation;
mod violation_context;

pub use addresses::{SchemaMap, SchemaMapError, file_address, schema_paths};
pub use check::SchemaValidator;
pub use documents::Documents;
pub use schema::Schema;
