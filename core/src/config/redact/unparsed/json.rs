//! JSON, line by line.

use super::{Regular, Scan};

impl Scan<'_> {
    /// Reads to the end of the line.
    pub(super) fn json_line(&mut self) -> Regular {
        loop {
            self.blank();
            let Some(byte) = self.peek().filter(|byte| *byte != b'\n') else { return Some(()) };
            let is_in_table = self.open.last() == Some(&b'{');
            let is_name_next = is_in_table && matches!(self.before, b'{' | b',');
            match (byte, self.before) {
                (b'}', b'{' | b'v') if is_in_table => self.close(),
                (b']', b'[' | b'v') if self.open.last() == Some(&b'[') => self.close(),
                (b',', b'v') if !self.open.is_empty() => self.step(byte),
                (b':', b'k') => self.step(byte),
                (b'"', _) if is_name_next => {
                    let start = self.at;
                    self.text_on_one_line()?;
                    self.blank();
                    if self.peek() != Some(b':') {
                        self.at = start;
                        return None;
                    }
                    self.before = b'k';
                }
                (_, b'[' | b',' | b':' | b'^') if !is_name_next => match byte {
                    b'{' | b'[' => self.open(byte),
                    _ => {
                        let span = if byte == b'"' { self.text_on_one_line() } else { self.word(b":") }?;
                        self.mask(span);
                        self.before = b'v';
                    }
                },
                _ => return None,
            }
        }
    }
}
