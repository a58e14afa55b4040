//! Draft 7 schemas over trees with places.
//!
//! A schema is compiled in two steps. Its documents are gathered ([`Documents`]; nothing is fetched), and
//! every subschema becomes a node of a graph, each `$ref` resolved to one. This crate checks what a node
//! requires of one value or of a table's members, with origins and exact numbers; valico checks the keywords
//! that combine subschemas (`anyOf`, `oneOf`, `not`, `if`, `contains`, `propertyNames`, `dependencies`) on a
//! normalised copy.
//!
//! In addition to Draft 7 it reads the keywords `x-secret`, `x-reload`, `x-merge`, `x-aliases` and `x-env`.

#[cfg(not(feature = "schema"))]
mod absent;
mod facts;

#[cfg(feature = "schema")]
mod addresses;
#[cfg(feature = "schema")]
mod aliases;
#[cfg(feature = "schema")]
mod alternatives;
#[cfg(feature = "schema")]
mod assertion;
#[cfg(feature = "schema")]
mod check;
#[cfg(feature = "schema")]
mod compile;
#[cfg(feature = "schema")]
mod compiled;
#[cfg(feature = "schema")]
mod defaults;
#[cfg(feature = "schema")]
mod documents;
#[cfg(feature = "schema")]
mod finding;
#[cfg(feature = "schema")]
mod finding_context;
#[cfg(feature = "schema")]
mod format;
#[cfg(feature = "schema")]
mod graph;
#[cfg(feature = "schema")]
mod judge;
#[cfg(feature = "schema")]
mod lookup;
#[cfg(feature = "schema")]
mod messages;
#[cfg(feature = "schema")]
mod pattern;

#[cfg(not(feature = "schema"))]
pub use absent::{Schema, SchemaValidator};
#[cfg(feature = "schema")]
pub use addresses::{SchemaMap, SchemaMapError, file_address, schema_paths};
#[cfg(feature = "schema")]
pub use check::SchemaValidator;
#[cfg(feature = "schema")]
pub use compiled::Schema;
#[cfg(feature = "schema")]
pub use documents::Documents;
pub use facts::{Facts, Reload, TypeSet};
