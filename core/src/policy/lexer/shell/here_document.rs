//! Here-documents: the word after `<<` that names the line after the body, and the length of the body.

use alloc::vec::Vec;

use memchr::memchr;

/// A here-document whose body begins at the next line end.
pub(super) struct HereDocument {
    delimiter: Vec<u8>,
    /// Whether the tabs before each line do not count, as after `<<-`.
    indented: bool,
    /// Whether the body has no expansions, since a part of the delimiter is quoted.
    pub(super) literal: bool,
}

impl HereDocument {
    /// Reads `<<` and its delimiter. Returns the number of bytes too, or nothing where no delimiter follows.
    pub(super) fn read(rest: &[u8]) -> Option<(Self, usize)> {
        let indented = rest.get(2) == Some(&b'-');
        let mut at = 2 + usize::from(indented);
        at += rest.get(at..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = at;
        let (mut delimiter, mut literal) = (Vec::new(), false);
        while let Some(byte) = rest.get(at).filter(|byte| !b" \t\n;&|()<>".contains(byte)) {
            at += 1;
            let quoted = match byte {
                b'\'' | b'"' => {
                    memchr(*byte, rest.get(at..)?).and_then(|length| rest.get(at..at + length))?
                }
                b'\\' => rest.get(at..=at)?,
                _ => {
                    delimiter.push(*byte);
                    continue;
                }
            };
            if quoted.contains(&b'\n') {
                return None;
            }
            literal = true;
            delimiter.extend_from_slice(quoted);
            at += quoted.len() + usize::from(*byte != b'\\');
        }
        (at > start).then_some((Self { delimiter, indented, literal }, at))
    }

    /// The length of the body, and of the line after it with its line end, unless that line is missing.
    pub(super) fn lengths(&self, rest: &[u8]) -> Option<(usize, usize)> {
        let (mut at, mut continues) = (0, false);
        loop {
            let rest = rest.get(at..)?;
            let length = memchr(b'\n', rest);
            let line = rest.get(..length.unwrap_or(rest.len()))?;
            let tabs = if self.indented { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
            if !continues && line.get(tabs..)? == self.delimiter {
                return Some((at, line.len() + usize::from(length.is_some())));
            }
            let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
            continues = !self.literal && backslashes % 2 == 1;
            at += length? + 1;
        }
    }
}
