//! What is kept of an output that may have no end.

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
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
    /// Keeps at most so many bytes: one half of the beginning, and one of the end.
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
        self.head.extend_from_slice(to_head);
        let skipped = rest.len().saturating_sub(self.tail_bytes);
        let kept = rest.get(skipped..).unwrap_or_default();
        let pushed_out = (self.tail.len() + kept.len()).saturating_sub(self.tail_bytes);
        self.tail.drain(..pushed_out);
        self.tail.extend(kept);
        self.dropped_bytes += (skipped + pushed_out) as u64;
    }

    /// What was kept.
    pub fn finish(self) -> Captured {
        Captured { head: self.head, tail: self.tail.into(), dropped_bytes: self.dropped_bytes }
    }
}

impl Captured {
    /// As text: what is no UTF-8 becomes U+FFFD, and a line between the halves says how much is missing.
    pub fn to_text(&self) -> Cow<'_, str> {
        if self.dropped_bytes == 0 {
            let mut all = self.head.clone();
            all.extend_from_slice(&self.tail);
            return Cow::Owned(String::from_utf8_lossy(&all).into_owned());
        }
        Cow::Owned(alloc::format!(
            "{}\n[{} bytes are not kept]\n{}",
            String::from_utf8_lossy(&self.head),
            self.dropped_bytes,
            String::from_utf8_lossy(&self.tail)
        ))
    }
}
