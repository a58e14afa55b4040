//! The recorded generations and refusals.

mod entry;
pub(crate) mod journal;
pub mod location;
pub(crate) mod options;
mod pruning;
mod reader;
mod rows;
mod sqlite;
mod texts;
mod writing;

pub use reader::History;
pub(crate) use sqlite::SqliteJournal;
