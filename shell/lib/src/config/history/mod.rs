//! The recorded generations and refusals.

pub(crate) mod journal;
pub mod location;
pub(crate) mod options;
mod reader;
mod rows;
mod sqlite;

pub use reader::History;
pub(crate) use sqlite::SqliteJournal;
