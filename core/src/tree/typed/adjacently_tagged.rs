//! Recognizes the enums whose content depends on a tag beside it.

use core::fmt::{self, Write as _};

use serde::de::Expected;

/// Whether an adjacently tagged enum is expected, by serde's name for it.
pub(super) fn is_adjacently_tagged(expected: &dyn Expected) -> bool {
    let mut prefix = Prefix { rest: "adjacently tagged enum", is_found: false };
    // The error is that no more text is wanted.
    let _ = write!(prefix, "{expected}");
    prefix.is_found
}

/// Whether a text that is written begins so. It stops where that is known.
struct Prefix {
    rest: &'static str,
    is_found: bool,
}

impl fmt::Write for Prefix {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.is_found = text.starts_with(self.rest);
        self.rest = self.rest.strip_prefix(text).filter(|_| !self.is_found).ok_or(fmt::Error)?;
        Ok(())
    }
}
