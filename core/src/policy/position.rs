//! Places in files.

use alloc::string::String;

use serde::Serialize;

/// A place in a text. Both numbers count from 1; a column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FilePosition {
    /// The path of the file, with `/` between its parts.
    pub path: String,
    /// The place in it.
    #[serde(flatten)]
    pub position: Position,
}
