//! The last line of a stream of any length.

/// The longest line that is kept.
const LONGEST_LINE: usize = 8 << 10;

/// Keeps the end of a stream.
#[derive(Debug, Default)]
pub(super) struct LastLine {
    tail: Vec<u8>,
}

impl LastLine {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Twice the longest line, so that a chunk rarely moves the rest.
        let bytes = bytes.get(bytes.len().saturating_sub(2 * LONGEST_LINE)..).unwrap_or(bytes);
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 4 * LONGEST_LINE {
            self.tail.drain(..self.tail.len() - 2 * LONGEST_LINE);
        }
    }

    /// The last line with a visible character, without the space around it; only its beginning if it is long.
    pub(super) fn finish(self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.tail);
        let line = text.split(['\n', '\r']).map(str::trim).rfind(|line| !line.is_empty())?;
        let ends = line.char_indices().map(|(start, character)| start + character.len_utf8());
        let end = ends.take_while(|end| *end <= LONGEST_LINE).last()?;
        line.get(..end).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(chunks: &[&[u8]]) -> Option<String> {
        let mut last = LastLine::default();
        chunks.iter().for_each(|chunk| last.push(chunk));
        last.finish()
    }

    #[test]
    fn the_last_line_that_is_not_blank_is_kept() {
        assert_eq!(last(&[]), None);
        assert_eq!(last(&[b" \n\n"]), None);
        assert_eq!(last(&[b"one\ntw", b"o \r\n  \n"]), Some("two".into()));
        assert_eq!(last(&[b"10 %\r20 %"]), Some("20 %".into()));
        assert_eq!(last(&[b"\xff!\n"]), Some("\u{fffd}!".into()));
    }

    #[test]
    fn a_line_of_any_length_takes_little_memory_and_is_cut() {
        let mut last = LastLine::default();
        for _ in 0..1000 {
            last.push("\u{e9}x".repeat(20_000).as_bytes());
            assert!(last.tail.capacity() <= 16 * LONGEST_LINE);
        }
        let long = last.finish().unwrap();
        assert!((LONGEST_LINE - 2..=LONGEST_LINE).contains(&long.len()), "{}", long.len());
    }
}
