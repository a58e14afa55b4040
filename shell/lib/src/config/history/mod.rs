//! What was accepted and refused, and where it is kept.

pub(crate) mod journal;
#[cfg(feature = "sqlite")]
pub mod place;
#[cfg(feature = "sqlite")]
mod reader;
#[cfg(feature = "sqlite")]
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use reader::History;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::SqliteJournal;
