//! Benchmarks and comparisons for people: as text, as Markdown and as one HTML page.

mod caveats;
mod html;
mod markdown;
mod text;
mod words;

pub use caveats::Caveat;
pub use words::sentence;
