//! The parts of a text in javascript.

use super::Scanner;

/// Reads a whole text.
pub(super) fn scan(_scanner: &mut Scanner) {}
