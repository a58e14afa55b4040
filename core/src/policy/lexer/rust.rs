//! The parts of a text in rust.

use super::Scanner;

/// Reads a whole text.
pub(super) fn scan(_scanner: &mut Scanner) {}
