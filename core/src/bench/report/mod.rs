//! Benchmarks and comparisons for people: as text, as Markdown and as one HTML page.

mod caveats;
mod html;
mod list;
mod markdown;
mod progress;
mod text;
mod words;

pub use caveats::Caveat;
pub use list::LIST_HEADINGS;
pub use progress::progress;
pub use words::sentence;
