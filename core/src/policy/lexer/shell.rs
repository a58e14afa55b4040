//! The parts of a text in shell.

use super::Scanner;

/// Reads a whole text.
pub(super) fn scan(_scanner: &mut Scanner) {}
