//! Laws that hold for every input, one a property.

mod defaults;
mod environment;
mod generated;
mod merge;
mod redact;
mod registry;
mod reload;
mod schema;
mod source;
mod strategies;
mod vacuum;
