//! What is kept of an output that may have no end.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Keeps the beginning and the end of a stream of bytes, and counts what lies between.
///
/// It takes no more memory than it keeps (and some bytes to say what is missing), and less while little has come.
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
    most_bytes: usize,
    /// The head, and behind it the tail as a ring.
    kept: Vec<u8>,
    /// Where in the tail the next byte goes, and the oldest one is, once it is full.
    next: usize,
    dropped_bytes: u64,
}

/// What was kept of a stream: all of it, or its beginning and its end.
///
/// It is one piece of memory, and [`Captured::into_text`] makes the text in it: a hundred agents that are through at the
/// same time need no second copy of what they wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    bytes: Vec<u8>,
    head_bytes: usize,
    dropped_bytes: u64,
}

/// The longest note of what is missing: that of `u64::MAX` bytes.
const NOTE: usize = 43;

impl Ring {
    /// Keeps at most so many bytes: one half of the beginning, and one of the end, which has the odd one.
    pub fn new(most_bytes: usize) -> Self {
        Self { head_bytes: most_bytes / 2, most_bytes, kept: Vec::new(), next: 0, dropped_bytes: 0 }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let (filling, rest) = bytes.split_at(bytes.len().min(self.most_bytes - self.kept.len()));
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

    /// What was kept.
    pub fn finish(mut self) -> Captured {
        if let Some(tail) = self.kept.get_mut(self.head_bytes..) {
            tail.rotate_left(self.next);
        }
        let head_bytes = self.head_bytes.min(self.kept.len());
        Captured { bytes: self.kept, head_bytes, dropped_bytes: self.dropped_bytes }
    }

    /// Makes room, so that the buffer doubles as it fills; when it becomes full, a note fits too.
    fn reserve(&mut self, more: usize) {
        let needed = self.kept.len() + more;
        if needed > self.kept.capacity() {
            let doubled = needed.max(self.kept.capacity().saturating_mul(2));
            let wanted = if doubled < self.most_bytes { doubled } else { self.most_bytes + NOTE };
            self.kept.reserve_exact(wanted - self.kept.len());
        }
    }
}

/// All of a stream.
impl From<Vec<u8>> for Captured {
    fn from(bytes: Vec<u8>) -> Self {
        Self { head_bytes: bytes.len(), bytes, dropped_bytes: 0 }
    }
}

impl Captured {
    /// The beginning and the end of a stream, and how many bytes between the two were not kept.
    pub fn cut(head: Vec<u8>, tail: &[u8], dropped_bytes: u64) -> Self {
        let (head_bytes, mut bytes) = (head.len(), head);
        bytes.extend_from_slice(tail);
        Self { bytes, head_bytes, dropped_bytes }
    }

    /// The beginning, or all of it.
    pub fn head(&self) -> &[u8] {
        self.bytes.get(..self.head_bytes).unwrap_or_default()
    }

    /// The end, where not all was kept in the head.
    pub fn tail(&self) -> &[u8] {
        self.bytes.get(self.head_bytes..).unwrap_or_default()
    }

    /// How many bytes between the two were not kept.
    pub fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// The bytes of the head and of the tail, one after the other.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A copy as text; see [`Captured::into_text`].
    pub fn to_text(&self) -> String {
        self.clone().into_text()
    }

    /// As text: what is no UTF-8 becomes U+FFFD, and a line between the halves says how many bytes are missing. A character
    /// that the gap cuts in two is missing as a whole.
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

    /// The same where a character that the gap cuts in two is missing as a whole.
    #[must_use]
    pub fn in_whole_characters(mut self) -> Self {
        if self.dropped_bytes > 0 {
            let begun = unfinished(self.head());
            // A character has at most three bytes behind its first.
            let ended = self.tail().iter().take(3).take_while(|byte| is_continuation(**byte)).count();
            drop(self.bytes.drain(self.head_bytes - begun..self.head_bytes + ended));
            self.head_bytes -= begun;
            self.dropped_bytes = self.dropped_bytes.saturating_add((begun + ended) as u64);
        }
        self
    }
}

/// What is no UTF-8 becomes U+FFFD.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// How many bytes at the end are the beginning of a character that is not complete: 0 to 3.
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

    fn captured(most_bytes: usize, bytes: &[u8]) -> Captured {
        let mut ring = Ring::new(most_bytes);
        ring.push(bytes);
        ring.finish()
    }

    #[test]
    fn what_fits_is_kept_as_it_is() {
        // The halves meet inside of the é.
        assert_eq!(captured(4, "né".as_bytes()).into_text(), "né");
        assert_eq!(captured(4, "né".as_bytes()).dropped_bytes(), 0);
        assert_eq!(Captured::default().into_text(), "");
    }

    #[test]
    fn a_gap_of_one_byte_is_told_as_one() {
        assert_eq!(captured(4, b"abcde").into_text(), "ab\n[1 byte is not kept]\nde");
    }

    #[test]
    fn a_character_at_the_gap_is_missing_as_a_whole_and_counted() {
        assert_eq!(captured(4, "a€bc€d".as_bytes()).into_text(), "a\n[8 bytes are not kept]\nd");
    }

    #[test]
    fn what_never_was_a_character_stays_visible_at_the_gap() {
        assert_eq!(captured(4, b"a\xffbc\xffd").into_text(), "a\u{fffd}\n[2 bytes are not kept]\n\u{fffd}d");
    }

    #[test]
    fn a_ring_that_keeps_nothing_counts_all() {
        assert_eq!(captured(0, b"abc"), Captured::cut(Vec::new(), &[], 3));
    }

    #[test]
    fn a_ring_takes_memory_as_it_fills_and_never_more_than_it_keeps() {
        let mut ring = Ring::new(1 << 20);
        assert_eq!(ring.kept.capacity(), 0);
        ring.push(b"ok");
        assert!(ring.kept.capacity() <= 16, "{}", ring.kept.capacity());
        let mut ring = Ring::new(100_001);
        for _ in 0..200_000 {
            ring.push(b"abcdefghijklm");
        }
        let capacity = ring.kept.capacity();
        assert!(capacity <= 100_001 + NOTE, "{capacity}");
        assert_eq!(ring.finish().into_text().capacity(), capacity, "the text is made in the same memory");
    }

    #[test]
    fn the_longest_note_fits() {
        assert_eq!(NOTE, format!("\n[{} bytes are not kept]\n", u64::MAX).len());
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
