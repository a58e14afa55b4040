//! Splits a stream of bytes into lines of text.

use alloc::string::String;
use alloc::vec::Vec;

/// The longest line that is emitted in one piece, in bytes of its text.
pub const LONGEST: usize = 8192;

const REPLACEMENT: &str = "\u{fffd}";

/// Splits a stream of bytes into lines and emits each as soon as it is complete, without its line ending.
///
/// `\n`, `\r` and any number of `\r` before a `\n` end a line. A `\r` alone ends a line too, so that each state of a progress
/// bar is a line; on an empty line it ends none.
///
/// A line longer than [`LONGEST`] is emitted in pieces of at most that length, so memory stays bounded. Invalid UTF-8 becomes
/// U+FFFD; a character is never split. The sizes of the pushes do not change the result.
///
/// ```
/// use speckit_core::agents::process::lines::LineSplitter;
/// let mut emitted = Vec::new();
/// let mut lines = LineSplitter::default();
/// for piece in ["10 %\r20", " %\r", "\nd", "one"] {
///     lines.push(piece.as_bytes(), &mut |line| emitted.push(line.to_owned()));
/// }
/// lines.finish(&mut |line| emitted.push(line.to_owned()));
/// assert_eq!(emitted, ["10 %", "20 %", "done"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSplitter {
    /// The incomplete line: at most [`LONGEST`] bytes.
    partial: String,
    /// The first bytes of an incomplete character: at most 3.
    unfinished: Vec<u8>,
    pending: PendingReturn,
}

/// Whether the last bytes were `\r`, which may belong to a `\n` that follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PendingReturn {
    #[default]
    None,
    /// One `\r` or more after a line, which is emitted already.
    AfterLine,
    /// One `\r` or more on an empty line: a `\n` makes it an empty line, anything else makes it none.
    OnEmptyLine,
}

impl LineSplitter {
    /// Takes the next bytes and emits each line that they complete.
    pub fn push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(&str)) {
        let mut bytes = bytes;
        while let (false, Some((first, rest))) = (self.unfinished.is_empty(), bytes.split_first()) {
            self.unfinished.push(*first);
            match core::str::from_utf8(&self.unfinished) {
                Ok(_) => bytes = rest,
                Err(error) if error.error_len().is_none() => {
                    bytes = rest;
                    continue;
                }
                // The byte begins another character.
                Err(_) => drop(self.unfinished.pop()),
            }
            let character = core::mem::take(&mut self.unfinished);
            self.take(core::str::from_utf8(&character).unwrap_or(REPLACEMENT), emit);
        }
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.take(chunk.valid(), emit);
            let is_unfinished =
                || core::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
            if chunks.peek().is_none() && is_unfinished() {
                self.unfinished.extend_from_slice(chunk.invalid());
            } else if !chunk.invalid().is_empty() {
                self.take(REPLACEMENT, emit);
            }
        }
    }

    /// Emits the last line if it has no line ending.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&str)) {
        if !self.unfinished.is_empty() {
            self.unfinished.clear();
            self.take(REPLACEMENT, emit);
        }
        if !self.partial.is_empty() {
            emit(&self.partial);
        }
        self.partial.clear();
        self.pending = PendingReturn::None;
    }

    fn take(&mut self, mut text: &str, emit: &mut dyn FnMut(&str)) {
        while !text.is_empty() {
            let room = LONGEST - self.partial.len();
            // One byte more than fits: the line ending of a line that fits exactly.
            let window = text.as_bytes().get(..=room).unwrap_or(text.as_bytes());
            let end = line_end(window);
            let cut = end.unwrap_or_else(|| last_boundary(text, room));
            let (line, rest) = text.split_at(cut);
            if !line.is_empty() {
                self.pending = PendingReturn::None;
            }
            match end {
                Some(_) => {
                    let (end, rest) = rest.split_at(1);
                    self.end_line(line, end == "\r", emit);
                    text = rest;
                }
                None if rest.is_empty() => {
                    self.partial.push_str(line);
                    text = rest;
                }
                None => {
                    self.emit(line, emit);
                    text = rest;
                }
            }
        }
    }

    fn end_line(&mut self, line: &str, is_return: bool, emit: &mut dyn FnMut(&str)) {
        let is_empty = self.partial.is_empty() && line.is_empty();
        match (self.pending, is_return) {
            (PendingReturn::None, true) if is_empty => self.pending = PendingReturn::OnEmptyLine,
            (PendingReturn::None, true) => {
                self.emit(line, emit);
                self.pending = PendingReturn::AfterLine;
            }
            (_, true) => {}
            (PendingReturn::AfterLine, false) => self.pending = PendingReturn::None,
            (_, false) => {
                self.emit(line, emit);
                self.pending = PendingReturn::None;
            }
        }
    }

    /// Emits the incomplete line continued by this text.
    fn emit(&mut self, line: &str, emit: &mut dyn FnMut(&str)) {
        if self.partial.is_empty() {
            return emit(line);
        }
        self.partial.push_str(line);
        emit(&self.partial);
        self.partial.clear();
    }
}

/// The last place up to `most` bytes where no character is cut.
fn last_boundary(text: &str, max: usize) -> usize {
    (0..=max.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    // Without a branch for each byte, the compiler turns the check of a block into vector instructions.
    let has_end = |block: &[u8]| block.iter().fold(false, |found, byte| found | is_end(byte));
    let passed = bytes.chunks_exact(BLOCK).take_while(|block| !has_end(block)).count() * BLOCK;
    let found = bytes.get(passed..)?.iter().position(is_end)?;
    Some(passed + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_emitted_before_its_newline_arrives() {
        let (mut emitted, mut lines) = (Vec::new(), LineSplitter::default());
        lines.push(b"10 %\r2", &mut |line| emitted.push(String::from(line)));
        assert_eq!(emitted, ["10 %"]);
    }

    #[test]
    fn a_line_without_end_is_emitted_in_pieces_and_takes_little_memory() {
        let (mut longest, mut total, mut lines) = (0, 0, LineSplitter::default());
        for _ in 0..20_000 {
            lines.push("\u{e9}xxxxxxxx".as_bytes(), &mut |line| {
                longest = longest.max(line.len());
                total += line.len();
            });
            assert!(lines.partial.capacity() <= 2 * LONGEST);
        }
        assert_eq!((longest, total + lines.partial.len()), (LONGEST, 200_000));
    }

    #[test]
    fn a_line_ending_is_found_at_every_offset() {
        for at in 0..100 {
            let mut bytes = "x".repeat(at).into_bytes();
            assert_eq!(line_end(&bytes), None);
            bytes.extend_from_slice(b"\rx\n");
            assert_eq!(line_end(&bytes), Some(at));
        }
    }
}
