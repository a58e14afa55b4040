//! One line of a terminal, as wide as it may be.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use unicode_width::UnicodeWidthChar as _;

use crate::text::is_control;

/// How a piece of a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As any text.
    Plain,
    /// Less than the rest.
    Faint,
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// It is on its way to something else.
    Busy,
}

/// One line, without its end. Its text is the same without colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Tone, String)>,
    /// How many columns are left.
    rest: usize,
    is_cut: bool,
}

impl Line {
    /// An empty line of so many columns at most.
    pub(super) fn new(columns: usize) -> Self {
        Self { pieces: Vec::new(), rest: columns, is_cut: false }
    }

    /// Adds what fits. Where something does not, the line ends in `…`, and takes no more.
    pub(super) fn push(&mut self, tone: Tone, text: &str) {
        if self.is_cut {
            return;
        }
        let wanted = width(text);
        if wanted <= self.rest {
            self.rest -= wanted;
            self.pieces.push((tone, text.into()));
            return;
        }
        self.is_cut = true;
        let Some(room) = self.rest.checked_sub(1) else { return self.end_cut() };
        let mut cut = String::from(front(text, room));
        cut.push('…');
        self.rest = 0;
        self.pieces.push((tone, cut));
    }

    /// There is no column left for the `…`: the last character gives way to it.
    fn end_cut(&mut self) {
        if let Some((_, last)) = self.pieces.iter_mut().rfind(|(_, text)| width(text) > 0) {
            let room = width(last).saturating_sub(1);
            let kept = front(last, room).len();
            last.truncate(kept);
            last.push('…');
        }
    }

    /// The same without blanks at its end.
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
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

/// How many columns a text takes at most: characters that a terminal joins take fewer.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text in so many columns; one that is wider ends in an ellipsis.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let mut line = Line::new(columns);
    line.push(Tone::Plain, text);
    format!("{line}")
}

/// The text, and blanks up to a width.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let mut padded = String::from(text);
    padded.extend(core::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    padded
}

/// As much of the front as fits.
fn front(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += columns_of(*c);
        used > columns
    });
    end.map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// What a terminal would still show of a line of output, as plain text: what follows the last carriage return, without the
/// sequences that colour it or move the cursor; other control characters are left out, and each blank is one.
pub(super) fn last_words(line: &str) -> String {
    let shown = line.split('\r').rev().map(plain).find(|part| !part.trim().is_empty());
    let shown = shown.unwrap_or_default();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => match rest.next() {
                // A control sequence ends with its first byte from `@` to `~` (ECMA-48, 5.4).
                Some('[') => drop(rest.by_ref().find(|c| matches!(c, '@'..='~'))),
                // A text for the terminal itself ends with BEL, or with ESC and a backslash.
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    let end = rest.by_ref().find(|c| matches!(c, '\u{7}' | '\u{1b}'));
                    if end == Some('\u{1b}') {
                        rest.next_if_eq(&'\\');
                    }
                }
                _ => {}
            },
            '\t' => shown.push(' '),
            // A selector of variants makes the character before it wider than it is by itself.
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
    fn what_does_not_fit_ends_in_an_ellipsis() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("abcdef", 1), "…");
        assert_eq!(cut("abcdef", 0), "");
        let mut line = Line::new(0);
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
    fn a_line_that_is_full_still_says_that_there_is_more() {
        let mut line = Line::new(4);
        line.push(Tone::Good, "ab漢");
        line.push(Tone::Bad, "more");
        assert_eq!((line.to_string().as_str(), line.width()), ("ab…", 3));
    }

    #[test]
    fn what_drives_a_terminal_is_no_word() {
        assert_eq!(last_words("\u{1b}[1;31mred\u{1b}[0m\tand \u{7}  blue\u{9b}"), "red and blue");
        assert_eq!(last_words("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link"), "alink");
        assert_eq!(last_words("10 %\r20 %\r30 %\r"), "30 %");
        assert_eq!(last_words("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(last_words("\u{1b}[31"), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_line_is_never_wider_than_it_may_be(texts in prop::collection::vec(".{0,12}", 0..4), columns in 0_usize..20) {
            let mut line = Line::new(columns);
            texts.iter().for_each(|text| line.push(Tone::Plain, &last_words(text)));
            prop_assert!(line.width() <= columns);
            prop_assert!(!line.to_string().chars().any(is_control));
        }
    }
}
