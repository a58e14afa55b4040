//! Draft 7 schemas over trees with places.

mod facts;

pub use facts::{Facts, Reload, TypeSet};
