//! What was accepted and refused, and where it is kept.

pub(crate) mod journal;
pub mod location;
pub(crate) mod options;
mod reader;
mod rows;
mod sqlite;

pub use reader::History;
pub(crate) use sqlite::SqliteJournal;
