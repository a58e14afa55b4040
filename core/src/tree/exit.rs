//! How a command ends.

use crate::tree::{Code, CodeFamily, Diagnostic, Severity};

/// How a command about a configuration ends: the exit status of its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and no errors were found.
    Ok,
    /// 1: errors were found, or the answer is no.
    Negative,
    /// 2: the command could not be completed.
    Incomplete,
}

impl Exit {
    /// [`Exit::Negative`] for an invalid configuration; [`Exit::Incomplete`] if a part of it, or of the command line, could not be
    /// read, or is not trusted.
    pub fn of_invalid(diagnostics: &[Diagnostic]) -> Self {
        let is_unread = |diagnostic: &Diagnostic| {
            let is_file = diagnostic.code.family() == CodeFamily::File && diagnostic.code != Code::FileEmpty;
            diagnostic.severity == Severity::Error
                && (is_file
                    || matches!(diagnostic.code.family(), CodeFamily::Source | CodeFamily::Trust)
                    || matches!(diagnostic.code, Code::EnvFile | Code::OverrideKey))
        };
        if diagnostics.iter().any(is_unread) { Self::Incomplete } else { Self::Negative }
    }

    /// The exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Negative => 1,
            Self::Incomplete => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Key;

    #[test]
    fn what_could_not_be_read_is_not_an_answer() {
        let error = |code| Diagnostic::error(code, Key::root(), "a");
        let warning = |code| Diagnostic::warning(code, Key::root(), "a");
        let exit = |code| Exit::of_invalid(&[warning(Code::FileMissing), error(code)]).status();
        assert_eq!([Code::TypeMismatch, Code::FileEmpty].map(exit), [1, 1]);
        assert_eq!(
            [
                Code::FileMissing,
                Code::EnvFile,
                Code::OverrideKey,
                Code::SourceUnreadable,
                Code::TrustRequired
            ]
            .map(exit),
            [2; 5]
        );
    }
}
