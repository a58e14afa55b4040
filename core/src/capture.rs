//! What is kept of an output that may have no end.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Keeps the beginning and the end of a stream of bytes, and counts what lies between.
///
/// It takes no more memory than it keeps, and less while little has come.
///
/// ```
/// use speckit_core::capture::Ring;
/// let mut ring = Ring::new(8);
/// ring.push(b"first, ");
/// ring.push(b"and so on, last");
/// let kept = ring.finish();
/// assert_eq!((kept.head.as_slice(), kept.tail.as_slice(), kept.dropped_bytes), (&b"firs"[..], &b"last"[..], 14));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    head_bytes: usize,
    tail_bytes: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: u64,
}

/// What was kept of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The beginning, or all of it.
    pub head: Vec<u8>,
    /// The end, where not all was kept in the head.
    pub tail: Vec<u8>,
    /// How many bytes between the two were not kept.
    pub dropped_bytes: u64,
}

impl Ring {
    /// Keeps at most so many bytes: one half of the beginning, and one of the end, which has the odd one.
    pub fn new(most_bytes: usize) -> Self {
        let head_bytes = most_bytes / 2;
        Self {
            head_bytes,
            tail_bytes: most_bytes - head_bytes,
            head: Vec::new(),
            tail: VecDeque::new(),
            dropped_bytes: 0,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let (to_head, rest) = bytes.split_at(bytes.len().min(self.head_bytes - self.head.len()));
        let more = room(self.head.len(), self.head.capacity(), to_head.len(), self.head_bytes);
        self.head.reserve_exact(more);
        self.head.extend_from_slice(to_head);
        let skipped = rest.len().saturating_sub(self.tail_bytes);
        let kept = rest.get(skipped..).unwrap_or_default();
        let pushed_out = (self.tail.len() + kept.len()).saturating_sub(self.tail_bytes);
        self.tail.drain(..pushed_out);
        let more = room(self.tail.len(), self.tail.capacity(), kept.len(), self.tail_bytes);
        self.tail.reserve_exact(more);
        self.tail.extend(kept);
        self.dropped_bytes += (skipped + pushed_out) as u64;
    }

    /// What was kept.
    pub fn finish(self) -> Captured {
        Captured { head: self.head, tail: self.tail.into(), dropped_bytes: self.dropped_bytes }
    }
}

/// For how many more bytes to make room, so that a buffer doubles as it fills and never exceeds the most that it may hold.
fn room(len: usize, capacity: usize, more: usize, most: usize) -> usize {
    let needed = len + more;
    if needed <= capacity { 0 } else { needed.max(capacity.saturating_mul(2)).min(most) - len }
}

impl Captured {
    /// As text: what is no UTF-8 becomes U+FFFD, and a line between the halves says how many bytes are missing. A character
    /// that the gap cuts in two is missing as a whole.
    ///
    /// ```
    /// use speckit_core::capture::Ring;
    /// let mut ring = Ring::new(9);
    /// ring.push("née, älter".as_bytes());
    /// assert_eq!(ring.finish().to_text(), "née\n[4 bytes are not kept]\nlter");
    /// ```
    pub fn to_text(&self) -> String {
        if self.dropped_bytes == 0 {
            return String::from_utf8_lossy(&[self.head.as_slice(), &self.tail].concat()).into_owned();
        }
        let (head, begun) = self.head.split_at(self.head.len() - unfinished(&self.head));
        // A character has at most three bytes behind its first.
        let ended = self.tail.iter().take(3).take_while(|byte| is_continuation(**byte)).count();
        let tail = self.tail.get(ended..).unwrap_or_default();
        let missing = match self.dropped_bytes + (begun.len() + ended) as u64 {
            1 => "1 byte is".into(),
            bytes => format!("{bytes} bytes are"),
        };
        format!("{}\n[{missing} not kept]\n{}", String::from_utf8_lossy(head), String::from_utf8_lossy(tail))
    }
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
        assert_eq!(captured(4, "né".as_bytes()).to_text(), "né");
        assert_eq!(captured(4, "né".as_bytes()).dropped_bytes, 0);
        assert_eq!(Captured::default().to_text(), "");
    }

    #[test]
    fn a_gap_of_one_byte_is_told_as_one() {
        assert_eq!(captured(4, b"abcde").to_text(), "ab\n[1 byte is not kept]\nde");
    }

    #[test]
    fn a_character_at_the_gap_is_missing_as_a_whole_and_counted() {
        assert_eq!(captured(4, "a€bc€d".as_bytes()).to_text(), "a\n[8 bytes are not kept]\nd");
    }

    #[test]
    fn what_never_was_a_character_stays_visible_at_the_gap() {
        assert_eq!(captured(4, b"a\xffbc\xffd").to_text(), "a\u{fffd}\n[2 bytes are not kept]\n\u{fffd}d");
    }

    #[test]
    fn a_ring_that_keeps_nothing_counts_all() {
        assert_eq!(captured(0, b"abc"), Captured { head: Vec::new(), tail: Vec::new(), dropped_bytes: 3 });
    }

    #[test]
    fn a_ring_takes_memory_as_it_fills_and_never_more_than_it_keeps() {
        let mut ring = Ring::new(1 << 20);
        assert_eq!((ring.head.capacity(), ring.tail.capacity()), (0, 0));
        ring.push(b"ok");
        assert!(ring.head.capacity() <= 16, "{}", ring.head.capacity());
        assert_eq!(ring.tail.capacity(), 0);
        let mut ring = Ring::new(100_001);
        for _ in 0..200_000 {
            ring.push(b"abcdefghijklm");
        }
        assert!(ring.head.capacity() <= 50_000, "{}", ring.head.capacity());
        assert!(ring.tail.capacity() <= 50_001, "{}", ring.tail.capacity());
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
