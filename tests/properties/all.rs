//! Laws that hold for every input, one a property.

mod merge;
mod strategies;
