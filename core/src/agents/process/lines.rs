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
/// use speckit_core::agents::process::lines::Lines;
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
            let end = line_end(seen);
            let cut = end.unwrap_or_else(|| last_boundary(text, room));
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

/// The last place up to `most` bytes where no character is cut.
fn last_boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    // Blocks that are looked at as a whole, without a branch for each byte, are what a compiler makes vectors of.
    let has_end = |block: &[u8]| block.iter().fold(false, |found, byte| found | is_end(byte));
    let passed = bytes.chunks_exact(BLOCK).take_while(|block| !has_end(block)).count() * BLOCK;
    let found = bytes.get(passed..)?.iter().position(is_end)?;
    Some(passed + found)
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;

    use super::*;

    fn told(pieces: &[&[u8]]) -> Vec<String> {
        let (mut told, mut lines) = (Vec::new(), Lines::default());
        for piece in pieces {
            lines.push(piece, &mut |line| told.push(line.to_owned()));
        }
        lines.finish(&mut |line| told.push(line.to_owned()));
        told
    }

    #[test]
    fn a_line_ends_with_a_newline_a_return_or_both() {
        assert_eq!(told(&[b"a\nb\r\nc\rd"]), ["a", "b", "c", "d"]);
        assert_eq!(told(&[b"\n\r\n\ra\n"]), ["", "", "a"]);
        assert_eq!(told(&[b"a\r", b"\n", b"\n", b"b\r", b"c"]), ["a", "", "b", "c"]);
        assert_eq!(told(&[b"a\r\r\nb\r\rc\r"]), ["a", "b", "c"]);
    }

    #[test]
    fn a_line_is_told_before_its_newline_comes() {
        let (mut told, mut lines) = (Vec::new(), Lines::default());
        lines.push(b"10 %\r2", &mut |line| told.push(line.to_owned()));
        assert_eq!(told, ["10 %"]);
    }

    #[test]
    fn a_character_that_is_cut_in_two_is_one_and_what_is_none_is_replaced_as_a_whole() {
        assert_eq!(told(&[b"n\xc3", b"\xa9e"]), ["n\u{e9}e"]);
        assert_eq!(told(&[b"\xf0", b"\x9f", b"\x98", b"\x80"]), ["\u{1f600}"]);
        assert_eq!(told(&[b"\xe2\x82", b"\n\xe2", b"\x82"]), ["\u{fffd}", "\u{fffd}"]);
        assert_eq!(told(&[b"\xe2\x82", b"\xe2\x82\xac"]), ["\u{fffd}\u{20ac}"]);
    }

    #[test]
    fn a_line_without_end_is_told_in_pieces_and_takes_little_memory() {
        let (mut longest, mut total, mut lines) = (0, 0, Lines::default());
        for _ in 0..20_000 {
            lines.push("\u{e9}xxxxxxxx".as_bytes(), &mut |line| {
                longest = longest.max(line.len());
                total += line.len();
            });
            assert!(lines.begun.capacity() <= 2 * LONGEST);
        }
        assert_eq!((longest, total + lines.begun.len()), (LONGEST, 200_000));
    }

    #[test]
    fn a_line_of_the_greatest_length_is_one() {
        let line = "x".repeat(LONGEST);
        for end in ["\n", "\r\n", "\r", ""] {
            assert_eq!(told(&[line.as_bytes(), end.as_bytes()]), [line.as_str()]);
        }
        assert_eq!(told(&[line.as_bytes(), b"yz\n"]), [line.as_str(), "yz"]);
    }

    #[test]
    fn the_end_of_a_line_is_found_wherever_it_stands() {
        for at in 0..100 {
            let mut bytes = "x".repeat(at).into_bytes();
            assert_eq!(line_end(&bytes), None);
            bytes.extend_from_slice(b"\rx\n");
            assert_eq!(line_end(&bytes), Some(at));
        }
    }
}
