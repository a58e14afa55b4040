//! One terminal line of limited width.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use unicode_width::UnicodeWidthChar as _;

use crate::text::is_control;

/// The style of a piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Normal text.
    Plain,
    /// Dimmed.
    Faint,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// Waiting or stopping.
    Busy,
}

/// One line without a line ending, in styled pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyledLine {
    pieces: Vec<(Tone, String)>,
    /// How many columns are left.
    free_columns: usize,
    is_cut: bool,
}

impl StyledLine {
    /// An empty line of at most so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { pieces: Vec::new(), free_columns: columns, is_cut: false }
    }

    /// Adds as much as fits. A truncated line ends in `…` and takes no more text.
    pub(super) fn push(&mut self, tone: Tone, text: &str) {
        if self.is_cut {
            return;
        }
        let wanted = width(text);
        if wanted <= self.free_columns {
            self.free_columns -= wanted;
            self.pieces.push((tone, text.into()));
            return;
        }
        self.is_cut = true;
        let Some(room) = self.free_columns.checked_sub(1) else { return self.end_cut() };
        let mut cut = String::from(prefix(text, room));
        cut.push('…');
        self.free_columns = 0;
        self.pieces.push((tone, cut));
    }

    /// No column is left for the `…`: it replaces the last character.
    fn end_cut(&mut self) {
        if let Some((_, last)) = self.pieces.iter_mut().rfind(|(_, text)| width(text) > 0) {
            let room = width(last).saturating_sub(1);
            let kept = prefix(last, room).len();
            last.truncate(kept);
            last.push('…');
        }
    }

    /// The line without trailing blanks.
    pub(super) fn trimmed(mut self) -> Self {
        while let Some((_, last)) = self.pieces.last_mut() {
            last.truncate(last.trim_end().len());
            if !last.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        self
    }

    /// Its pieces, from left to right.
    pub fn pieces(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.pieces.iter().map(|(tone, text)| (*tone, text.as_str()))
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }
}

/// Without colours.
impl fmt::Display for StyledLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

/// The greatest number of columns of a text; a terminal may combine characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text in at most so many columns; a truncated one ends in `…`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let mut line = StyledLine::new(columns);
    line.push(Tone::Plain, text);
    format!("{line}")
}

/// The text, padded with blanks.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let mut padded = String::from(text);
    padded.extend(core::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    padded
}

/// The longest prefix that fits.
fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += columns_of(*c);
        used > columns
    });
    end.map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// A line of output as a terminal shows it in the end, as plain text: the part after the last carriage return, without escape
/// sequences and control characters, with blanks collapsed.
pub(in crate::agents::gate) fn plain_text(line: &str) -> String {
    let shown = line.split('\r').rev().map(without_escapes).find(|part| !part.trim().is_empty());
    let shown = shown.unwrap_or_default();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_escapes(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => match rest.next() {
                // A control sequence ends with its first byte from `@` to `~` (ECMA-48, 5.4).
                Some('[') => drop(rest.by_ref().find(|c| matches!(c, '@'..='~'))),
                // A string for the terminal itself ends with BEL, or with ESC and a backslash.
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    let end = rest.by_ref().find(|c| matches!(c, '\u{7}' | '\u{1b}'));
                    if end == Some('\u{1b}') {
                        rest.next_if_eq(&'\\');
                    }
                }
                _ => {}
            },
            '\t' => shown.push(' '),
            // A variation selector may make the character before it wider.
            '\u{fe00}'..='\u{fe0f}' => {}
            c if is_control(c) => {}
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use proptest::prelude::*;

    #[test]
    fn a_truncated_line_ends_in_an_ellipsis() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("abcdef", 1), "…");
        assert_eq!(cut("abcdef", 0), "");
        let mut line = StyledLine::new(0);
        ["", "more"].into_iter().for_each(|text| line.push(Tone::Plain, text));
        assert_eq!(line.to_string(), "", "there is no column even for the ellipsis");
    }

    #[test]
    fn a_wide_character_is_never_cut_in_two() {
        assert_eq!(cut("漢字漢字", 8), "漢字漢字");
        assert_eq!(cut("漢字漢字", 7), "漢字漢…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 3), "e\u{301}e\u{301}e\u{301}", "accents take no column");
    }

    #[test]
    fn a_full_line_still_gets_an_ellipsis() {
        let mut line = StyledLine::new(4);
        line.push(Tone::Good, "ab漢");
        line.push(Tone::Bad, "more");
        assert_eq!((line.to_string().as_str(), line.width()), ("ab…", 3));
    }

    #[test]
    fn terminal_sequences_are_removed() {
        assert_eq!(plain_text("\u{1b}[1;31mred\u{1b}[0m\tand \u{7}  blue\u{9b}"), "red and blue");
        assert_eq!(plain_text("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link"), "alink");
        assert_eq!(plain_text("10 %\r20 %\r30 %\r"), "30 %");
        assert_eq!(plain_text("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(plain_text("\u{1b}[31"), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_line_is_never_too_wide(texts in prop::collection::vec(".{0,12}", 0..4), columns in 0_usize..20) {
            let mut line = StyledLine::new(columns);
            texts.iter().for_each(|text| line.push(Tone::Plain, &plain_text(text)));
            prop_assert!(line.width() <= columns);
            prop_assert!(!line.to_string().chars().any(is_control));
        }
    }
}
