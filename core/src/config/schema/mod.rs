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
#[cfg(feature = "schema")]
mod json_schema;
mod facts;

#[cfg(not(feature = "schema"))]
pub(crate) use absent::SchemaDescription;
#[cfg(not(feature = "schema"))]
pub use absent::{Schema, SchemaValidator};
#[cfg(feature = "schema")]
pub use json_schema::{Documents, Schema, SchemaMap, SchemaMapError, SchemaValidator, file_address, schema_paths};
#[cfg(feature = "schema")]
pub(crate) use json_schema::SchemaDescription;
pub(crate) use facts::NamedVariable;
pub use facts::{Facts, Reload};
