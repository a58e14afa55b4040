//! A line of text with its tone.

use super::text::{clip, wrap};
use super::theme::Tone;

/// A logical line: it takes as many rows as it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) tone: Tone,
    /// Visible: without control characters.
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    /// The rows of so many cells that show the line, at least one. A line of source with its gutter is one row,
    /// so that the caret stays below its mistake.
    pub(super) fn rows(&self, room: usize) -> Vec<Self> {
        let rows = if is_excerpt(&self.text) {
            vec![clip(&self.text, room).into_owned()]
        } else {
            wrap(&self.text, room)
        };
        rows.into_iter().map(|row| Self::new(self.tone, row)).collect()
    }
}

/// `12 | port = 'high'`, `   |        ^^^^^^`.
fn is_excerpt(text: &str) -> bool {
    text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, room: usize) -> Vec<String> {
        Line::new(Tone::Plain, text).rows(room).into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn an_excerpt_of_a_source_is_not_wrapped() {
        assert_eq!(rows("  12 | port = 'high'", 12), ["  12 | port…"]);
        assert_eq!(rows("     |     ^^^^^^", 12), ["     |     …"]);
        assert_eq!(rows("12 errors in all", 12), ["12 errors in", "all"]);
    }
}
