//! JSON Schemas of Draft 4 to 2020-12 over trees with places.
//!
//! A schema is compiled in two steps. Its documents are gathered ([`Documents`]; nothing is fetched), and
//! every subschema becomes a node of a graph, each reference resolved to one. A tree is checked against the nodes, with
//! origins and exact numbers. Valico checks the schema itself against its meta-schema.
//!
//! In addition to the keywords of its draft it reads `x-secret`, `x-reload`, `x-merge`, `x-aliases`, `x-env`, `x-env-case` and
//! `x-env-empty`.

#[cfg(not(feature = "schema"))]
mod absent;
#[cfg(feature = "proptest")]
pub(crate) mod bounds;
mod facts;
#[cfg(feature = "schema")]
mod json_schema;

#[cfg(not(feature = "schema"))]
pub(crate) use absent::SchemaDescription;
#[cfg(not(feature = "schema"))]
pub use absent::{Schema, SchemaValidator};
pub(crate) use facts::NamedVariable;
pub use facts::{Alternative, Facts, Reload};
#[cfg(feature = "schema")]
pub use json_schema::{
    Documents, Schema, SchemaMap, SchemaMapError, SchemaValidator, file_address, schema_paths,
};
#[cfg(feature = "schema")]
pub(crate) use json_schema::{SchemaDescription, is_same_address};
