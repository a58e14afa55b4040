//! The parts of a text in yaml.

use super::Scanner;

/// Reads a whole text.
pub(super) fn scan(_scanner: &mut Scanner) {}
