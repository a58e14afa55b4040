//! JSON, line by line.

use super::{Regular, Scan};

impl Scan<'_> {
    /// Reads to the end of the line.
    pub(super) fn json_line(&mut self) -> Regular {
        loop {
            self.blank();
            let Some(byte) = self.peek().filter(|byte| *byte != b'\n') else { return Some(()) };
            match (byte, self.before) {
                (b'{' | b'[', b'{' | b'[' | b',' | b':') | (b',', b'v') | (b':', b'k') => {
                    self.at += 1;
                    self.before = byte;
                }
                (b'}' | b']', b'{' | b'[' | b',' | b'v') => {
                    self.at += 1;
                    self.before = b'v';
                }
                // A line that stands for itself may begin with any of these.
                (b'{' | b'[' | b'}' | b']' | b',', b'?') => {
                    self.at += 1;
                    self.before = if matches!(byte, b'}' | b']') { b'v' } else { byte };
                }
                (b'"', b'{' | b'[' | b',' | b':' | b'?') => {
                    let start = self.at;
                    let span = self.text_on_one_line()?;
                    let end = self.at;
                    self.blank();
                    let is_key = self.peek() == Some(b':') && self.before != b':';
                    if !is_key {
                        self.mask(span);
                    }
                    if !matches!(self.peek(), None | Some(b'\n' | b',' | b'}' | b']' | b':'))
                        || (self.peek() == Some(b':') && !is_key)
                    {
                        self.at = if is_key { start } else { end };
                        return None;
                    }
                    self.before = if is_key { b'k' } else { b'v' };
                }
                (_, b'[' | b',' | b':' | b'{' | b'?') => {
                    let span = self.word(b",]}:")?;
                    self.mask(span);
                    self.before = b'v';
                }
                _ => return None,
            }
        }
    }
}
