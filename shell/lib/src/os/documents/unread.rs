//! Why a file could not be read as text.

use std::path::Path;

use speckit_core::config::source::MAX_BYTES;
use speckit_core::{Code, Diagnostic, Key};

/// Why a file could not be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// It does not exist.
    Missing,
    /// An error of the system.
    Io(String),
    /// It is longer than [`MAX_BYTES`].
    TooLarge,
    /// It is not UTF-8, or its format is not read; the diagnostic says which.
    NotText(Box<Diagnostic>),
}

impl Unread {
    /// The diagnostic about the file at `path`.
    pub fn diagnostic(self, path: &Path) -> Diagnostic {
        let name = path.display();
        let error = |code: Code, message: String| Diagnostic::error(code, Key::root(), message);
        match self {
            Self::Missing => {
                error(Code::FileMissing, format!("`{name}` does not exist")).help("check the path")
            }
            Self::Io(reason) => error(Code::FileUnreadable, format!("`{name}` cannot be read: {reason}"))
                .help(if path.is_dir() {
                    "name the files in it"
                } else {
                    "check that it is a file, and its permissions"
                }),
            Self::TooLarge => error(Code::FileTooLarge, format!("`{name}` is longer than {MAX_BYTES} bytes")),
            Self::NotText(diagnostic) => *diagnostic,
        }
    }
}
