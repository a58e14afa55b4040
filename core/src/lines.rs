//! Bytes that arrive in pieces, as lines of text.

use alloc::string::String;
use alloc::vec::Vec;

/// The longest line that is told as one, in bytes of its text.
pub const LONGEST: usize = 8192;

const REPLACEMENT: &str = "\u{fffd}";

/// Cuts what arrives into lines, which a `\n` ends, or a `\r`, or some `\r` and a `\n`.
///
/// A `\r` alone ends a line too, so that each state of a progress bar is a line as soon as it is complete; where nothing
/// stands before it, it ends none. Lines are told without their ends.
///
/// A line that is longer than [`LONGEST`] is told in pieces of that length at most, so that a stream without line ends
/// takes no memory. What is no UTF-8 becomes U+FFFD; a character is never cut in two. How the bytes are cut into pushes
/// makes no difference.
///
/// ```
/// use speckit_core::lines::Lines;
/// let mut told = Vec::new();
/// let mut lines = Lines::default();
/// for piece in ["10 %\r20", " %\r", "\nd", "one"] {
///     lines.push(piece.as_bytes(), &mut |line| told.push(line.to_owned()));
/// }
/// lines.finish(&mut |line| told.push(line.to_owned()));
/// assert_eq!(told, ["10 %", "20 %", "done"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The line so far: at most [`LONGEST`] bytes.
    begun: String,
    /// The beginning of a character whose other bytes have not come yet: at most 3 bytes.
    unfinished: Vec<u8>,
    last: Last,
}

/// What came last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// One `\r` or more behind a line, which has been told.
    ReturnBehindLine,
    /// One `\r` or more with nothing before: a line without text if a `\n` follows, else none.
    ReturnBehindNothing,
}

impl Lines {
    /// Takes the next bytes and tells each line that they end.
    pub fn push(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&str)) {
        let mut bytes = bytes;
        while let (false, Some((first, rest))) = (self.unfinished.is_empty(), bytes.split_first()) {
            self.unfinished.push(*first);
            match core::str::from_utf8(&self.unfinished) {
                Ok(_) => bytes = rest,
                Err(error) if error.error_len().is_none() => {
                    bytes = rest;
                    continue;
                }
                // The byte belongs to what follows.
                Err(_) => drop(self.unfinished.pop()),
            }
            let character = core::mem::take(&mut self.unfinished);
            self.take(core::str::from_utf8(&character).unwrap_or(REPLACEMENT), tell);
        }
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.take(chunk.valid(), tell);
            let is_unfinished =
                || core::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
            if chunks.peek().is_none() && is_unfinished() {
                self.unfinished.extend_from_slice(chunk.invalid());
            } else if !chunk.invalid().is_empty() {
                self.take(REPLACEMENT, tell);
            }
        }
    }

    /// Tells the last line, if it has no end of its own.
    pub fn finish(&mut self, tell: &mut dyn FnMut(&str)) {
        if !self.unfinished.is_empty() {
            self.unfinished.clear();
            self.take(REPLACEMENT, tell);
        }
        if !self.begun.is_empty() {
            tell(&self.begun);
        }
        self.begun.clear();
        self.last = Last::Other;
    }

    fn take(&mut self, mut text: &str, tell: &mut dyn FnMut(&str)) {
        while !text.is_empty() {
            let room = LONGEST - self.begun.len();
            // A line that ends right behind the room for it is told as one.
            let seen = text.as_bytes().get(..=room).unwrap_or(text.as_bytes());
            let end = seen.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let cut = end.unwrap_or_else(|| text.floor_char_boundary(room));
            let (line, rest) = text.split_at(cut);
            if !line.is_empty() {
                self.last = Last::Other;
            }
            match end {
                Some(_) => {
                    let (end, rest) = rest.split_at(1);
                    self.end(line, end == "\r", tell);
                    text = rest;
                }
                None if rest.is_empty() => {
                    self.begun.push_str(line);
                    text = rest;
                }
                None => {
                    self.tell(line, tell);
                    text = rest;
                }
            }
        }
    }

    /// A line ends.
    fn end(&mut self, line: &str, is_return: bool, tell: &mut dyn FnMut(&str)) {
        let is_empty = self.begun.is_empty() && line.is_empty();
        match (self.last, is_return) {
            (Last::Other, true) if is_empty => self.last = Last::ReturnBehindNothing,
            (Last::Other, true) => {
                self.tell(line, tell);
                self.last = Last::ReturnBehindLine;
            }
            (_, true) => {}
            (Last::ReturnBehindLine, false) => self.last = Last::Other,
            (_, false) => {
                self.tell(line, tell);
                self.last = Last::Other;
            }
        }
    }

    /// Tells what has begun and goes on with this.
    fn tell(&mut self, line: &str, tell: &mut dyn FnMut(&str)) {
        if self.begun.is_empty() {
            return tell(line);
        }
        self.begun.push_str(line);
        tell(&self.begun);
        self.begun.clear();
    }
}
