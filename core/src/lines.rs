//! Bytes that arrive in pieces, as lines of text.

use alloc::string::String;
use alloc::vec::Vec;

/// The longest line that is told as one, in bytes.
pub const LONGEST: usize = 8192;

/// Cuts what arrives into lines, which a `\n` ends, or a `\r\n`.
///
/// A line that is longer than [`LONGEST`] is told in pieces of that length at most, so that a stream without line ends
/// takes no memory. What is no UTF-8 becomes U+FFFD; a character is never cut in two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes and tells each line that they end.
    pub fn push(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&str)) {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            tell(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
    }

    /// Tells the last line, if it has no end of its own.
    pub fn finish(&mut self, tell: &mut dyn FnMut(&str)) {
        if !self.begun.is_empty() {
            tell(&String::from_utf8_lossy(&self.begun));
            self.begun.clear();
        }
    }
}
