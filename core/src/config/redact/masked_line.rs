//! A line of source as it is shown: each hidden part is a mask of one width, so that it does not reveal the length of a secret.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// What is shown of a hidden part.
const MASK: &str = "****";

/// A line, or a piece of one, with masks.
pub(crate) struct MaskedLine {
    /// The shown characters, each with the byte of the source that it begins at; those of a mask with the first byte of the part.
    shown: Vec<(usize, char)>,
    hidden: Vec<Range<usize>>,
}

impl MaskedLine {
    /// The text that begins at the byte `start` of its source, without the hidden parts of the source, which are sorted and do not touch.
    pub(super) fn new(text: &str, start: usize, hidden: Vec<Range<usize>>) -> Self {
        let end = start + text.len();
        let hidden = hidden.into_iter().map(|part| part.start.max(start)..part.end.min(end));
        let hidden: Vec<Range<usize>> = hidden.filter(|part| !part.is_empty()).collect();
        let mut shown = Vec::with_capacity(text.len());
        let mut parts = hidden.iter().peekable();
        let mut masked_to = start;
        for (at, c) in text.char_indices().map(|(at, c)| (start + at, c)) {
            if let Some(part) = parts.next_if(|part| part.start <= at) {
                shown.extend(MASK.chars().map(|c| (part.start, c)));
                masked_to = part.end;
            }
            if at >= masked_to {
                shown.push((at, c));
            }
        }
        Self { shown, hidden }
    }

    /// Whether a part is hidden.
    pub(crate) fn is_masked(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// The shown characters.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> {
        self.shown.iter().map(|(_, c)| *c)
    }

    /// The shown text.
    pub(crate) fn text(&self) -> String {
        self.chars().collect()
    }

    /// The shown characters of a range of bytes in the source: of a hidden part that the range touches, the whole mask.
    pub(crate) fn columns(&self, bytes: Range<usize>) -> Range<usize> {
        let around = self.hidden.iter().find(|part| part.start < bytes.start && bytes.start < part.end);
        let start = around.map_or(bytes.start, |part| part.start);
        let before = |at: usize| self.shown.iter().take_while(|(byte, _)| *byte < at).count();
        before(start)..before(bytes.end).max(before(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_has_one_width_and_a_caret_covers_all_of_it() {
        // The source has 100 bytes before this line.
        let line =
            MaskedLine::new("a = hünter2, 'x'!", 100, alloc::vec![90..95, 104..112, 114..117, 130..140]);
        assert_eq!(line.text(), "a = ****, ****!");
        for (bytes, columns) in [
            (100..101, 0..1),
            (104..112, 4..8),
            (106..107, 4..8),
            (106..106, 4..8),
            (112..113, 8..9),
            (115..118, 10..15),
            (118..118, 15..15),
        ] {
            assert_eq!(line.columns(bytes.clone()), columns, "{bytes:?}");
        }
        let plain = MaskedLine::new("a = 1", 0, Vec::new());
        assert_eq!((plain.text().as_str(), plain.is_masked()), ("a = 1", false));
        assert_eq!(MaskedLine::new("secret", 3, alloc::vec![0..20]).text(), "****");
    }
}
