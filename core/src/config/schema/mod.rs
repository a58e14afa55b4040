//! Draft 7 schemas over trees with places.
//!
//! A schema is compiled in two steps. Its documents are gathered ([`Documents`]; nothing is fetched), and
//! every subschema becomes a node of a graph, each `$ref` resolved to one. This crate checks what a node
//! requires of one value or of a table's members, with origins and exact numbers; valico checks the keywords
//! that combine subschemas (`anyOf`, `oneOf`, `not`, `if`, `contains`, `propertyNames`, `dependencies`) on a
//! normalised copy.
//!
//! In addition to Draft 7 it reads the keywords `x-secret`, `x-reload`, `x-merge`, `x-aliases`, `x-env`,
//! `x-env-case` and `x-env-empty`.

#[cfg(not(feature = "schema"))]
mod absent;
#[cfg(feature = "schema")]
mod draft7;
mod facts;

#[cfg(not(feature = "schema"))]
pub use absent::{Schema, SchemaValidator};
#[cfg(feature = "schema")]
pub use draft7::{Documents, Schema, SchemaMap, SchemaMapError, SchemaValidator, file_address, schema_paths};
pub(crate) use facts::NamedVariable;
pub use facts::{Facts, Reload};
