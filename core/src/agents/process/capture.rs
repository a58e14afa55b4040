//! Captures the beginning and the end of a stream of any length.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Keeps the beginning and the end of a stream of bytes, and counts the bytes between.
///
/// It uses no more memory than the bytes it keeps, and some for a note about the missing ones.
///
/// ```
/// use speckit_core::agents::process::capture::Ring;
/// let mut ring = Ring::new(8);
/// ring.push(b"first, ");
/// ring.push(b"and so on, last");
/// let kept = ring.finish();
/// assert_eq!((kept.head(), kept.tail(), kept.dropped_bytes()), (&b"firs"[..], &b"last"[..], 14));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    head_bytes: usize,
    max_bytes: usize,
    /// The head, followed by the tail as a ring.
    kept: Vec<u8>,
    /// The position in the tail of the next byte, and of the oldest byte once the tail is full.
    next: usize,
    dropped_bytes: u64,
}

/// A captured stream: all of it, or its beginning and its end.
///
/// It is one buffer, and [`Captured::into_text`] reuses it: a hundred agents that finish at the same time need no second copy
/// of their output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    bytes: Vec<u8>,
    head_bytes: usize,
    dropped_bytes: u64,
}

/// The length of the longest note about missing bytes: for `u64::MAX` of them.
const NOTE_BYTES: usize = 43;

impl Ring {
    /// Keeps at most so many bytes: half of them from the beginning and half from the end, which gets the odd one.
    pub fn new(max_bytes: usize) -> Self {
        Self { head_bytes: max_bytes / 2, max_bytes, kept: Vec::new(), next: 0, dropped_bytes: 0 }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let (filling, rest) = bytes.split_at(bytes.len().min(self.max_bytes - self.kept.len()));
        self.reserve(filling.len());
        self.kept.extend_from_slice(filling);
        if rest.is_empty() {
            return;
        }
        self.dropped_bytes += rest.len() as u64;
        let tail = self.kept.get_mut(self.head_bytes..).unwrap_or_default();
        let rest = rest.get(rest.len().saturating_sub(tail.len())..).unwrap_or_default();
        let (to_end, to_start) = rest.split_at(rest.len().min(tail.len() - self.next));
        tail.iter_mut().skip(self.next).zip(to_end).for_each(|(old, new)| *old = *new);
        tail.iter_mut().zip(to_start).for_each(|(old, new)| *old = *new);
        self.next = (self.next + rest.len()).checked_rem(tail.len()).unwrap_or(0);
    }

    /// The captured stream.
    pub fn finish(mut self) -> Captured {
        if let Some(tail) = self.kept.get_mut(self.head_bytes..) {
            tail.rotate_left(self.next);
        }
        let head_bytes = self.head_bytes.min(self.kept.len());
        Captured { bytes: self.kept, head_bytes, dropped_bytes: self.dropped_bytes }
    }

    /// Doubles the buffer as it fills. At its full size it has room for the note too.
    fn reserve(&mut self, more: usize) {
        let needed = self.kept.len() + more;
        if needed > self.kept.capacity() {
            let doubled = needed.max(self.kept.capacity().saturating_mul(2));
            let wanted = if doubled < self.max_bytes { doubled } else { self.max_bytes + NOTE_BYTES };
            self.kept.reserve_exact(wanted - self.kept.len());
        }
    }
}

/// A whole stream.
impl From<Vec<u8>> for Captured {
    fn from(bytes: Vec<u8>) -> Self {
        Self { head_bytes: bytes.len(), bytes, dropped_bytes: 0 }
    }
}

impl Captured {
    /// The beginning and the end of a stream, and how many bytes between them were dropped.
    pub fn cut(head: Vec<u8>, tail: &[u8], dropped_bytes: u64) -> Self {
        let (head_bytes, mut bytes) = (head.len(), head);
        bytes.extend_from_slice(tail);
        Self { bytes, head_bytes, dropped_bytes }
    }

    /// The beginning, or all of it.
    pub fn head(&self) -> &[u8] {
        self.bytes.get(..self.head_bytes).unwrap_or_default()
    }

    /// The end, if the head is not the whole stream.
    pub fn tail(&self) -> &[u8] {
        self.bytes.get(self.head_bytes..).unwrap_or_default()
    }

    /// How many bytes between head and tail were dropped.
    pub fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// The bytes of the head followed by those of the tail.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A copy as text; see [`Captured::into_text`].
    pub fn to_text(&self) -> String {
        self.clone().into_text()
    }

    /// The text: invalid UTF-8 becomes U+FFFD, and a line between head and tail has the number of dropped bytes. A character at
    /// the gap is dropped as a whole.
    ///
    /// ```
    /// use speckit_core::agents::process::capture::Ring;
    /// let mut ring = Ring::new(9);
    /// ring.push("née, älter".as_bytes());
    /// assert_eq!(ring.finish().into_text(), "née\n[4 bytes are not kept]\nlter");
    /// ```
    pub fn into_text(self) -> String {
        if self.dropped_bytes == 0 {
            return text(self.bytes);
        }
        let Self { mut bytes, head_bytes, dropped_bytes } = self.in_whole_characters();
        let note = match dropped_bytes {
            1 => "\n[1 byte is not kept]\n".into(),
            bytes => format!("\n[{bytes} bytes are not kept]\n"),
        };
        drop(bytes.splice(head_bytes..head_bytes, note.bytes()));
        text(bytes)
    }

    /// Drops the rest of a character that the gap splits.
    #[must_use]
    pub fn in_whole_characters(mut self) -> Self {
        if self.dropped_bytes > 0 {
            let cut_head = unfinished(self.head());
            // A character has at most three bytes after its first.
            let cut_tail = self.tail().iter().take(3).take_while(|byte| is_continuation(**byte)).count();
            drop(self.bytes.drain(self.head_bytes - cut_head..self.head_bytes + cut_tail));
            self.head_bytes -= cut_head;
            self.dropped_bytes = self.dropped_bytes.saturating_add((cut_head + cut_tail) as u64);
        }
        self
    }
}

/// Invalid UTF-8 becomes U+FFFD.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// How many bytes at the end are the beginning of an incomplete character: 0 to 3.
pub(crate) fn unfinished(bytes: &[u8]) -> usize {
    let behind = bytes.iter().rev().take(3).take_while(|byte| is_continuation(**byte)).count();
    let last = bytes.get(bytes.len().saturating_sub(behind + 1)..).unwrap_or_default();
    match core::str::from_utf8(last) {
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(max_bytes: usize, bytes: &[u8]) -> Captured {
        let mut ring = Ring::new(max_bytes);
        ring.push(bytes);
        ring.finish()
    }

    #[test]
    fn a_character_at_the_gap_is_dropped_as_a_whole_and_counted() {
        for (max_bytes, bytes, text) in [
            (4, "né".as_bytes(), "né"),
            (4, b"abcde", "ab\n[1 byte is not kept]\nde"),
            (4, "a€bc€d".as_bytes(), "a\n[8 bytes are not kept]\nd"),
            (4, b"a\xffbc\xffd", "a\u{fffd}\n[2 bytes are not kept]\n\u{fffd}d"),
        ] {
            assert_eq!(captured(max_bytes, bytes).into_text(), text);
        }
    }

    #[test]
    fn the_memory_of_a_ring_grows_with_its_content_up_to_its_limit() {
        let mut ring = Ring::new(1 << 20);
        assert_eq!(ring.kept.capacity(), 0);
        ring.push(b"ok");
        assert!(ring.kept.capacity() <= 16, "{}", ring.kept.capacity());
        let mut ring = Ring::new(100_001);
        for _ in 0..200_000 {
            ring.push(b"abcdefghijklm");
        }
        let capacity = ring.kept.capacity();
        assert!(capacity <= 100_001 + NOTE_BYTES, "{capacity}");
        assert_eq!(ring.finish().into_text().capacity(), capacity, "the text reuses the buffer");
    }

    #[test]
    fn the_longest_note_fits() {
        assert_eq!(NOTE_BYTES, format!("\n[{} bytes are not kept]\n", u64::MAX).len());
    }

    #[test]
    fn only_the_beginning_of_a_character_is_unfinished() {
        let cases: [(&[u8], usize); 8] = [
            (b"", 0),
            (b"a", 0),
            (b"a\xc3", 1),
            (b"a\xc3\xa9", 0),
            (b"a\xe2\x82", 2),
            (b"a\xf0\x9f\x98", 3),
            (b"a\xff", 0),
            (b"\x80\x80\x80\x80", 0),
        ];
        for (bytes, expected) in cases {
            assert_eq!(unfinished(bytes), expected, "{bytes:?}");
        }
    }
}
