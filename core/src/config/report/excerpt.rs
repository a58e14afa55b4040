//! The part of a line in a report: what fits the width, around the caret.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::config::redact::SourceMask;
use crate::text::visible_char;
use crate::tree::Origin;

/// How many bytes before and after the caret are considered; a line may be a whole minified file.
const REACH: usize = 2048;
const CUT: &str = "...";

/// A piece of source on one line.
pub(crate) struct Excerpt {
    /// The masked text.
    pub(crate) text: String,
    /// The range above the caret, in bytes of `text`. For a range over several lines: its first line.
    pub(crate) caret: Range<usize>,
    /// Whether a part of the line is masked.
    pub(crate) is_masked: bool,
}

impl Excerpt {
    /// The line that `origin` begins in, cut to `width` columns with their line number.
    pub(super) fn of(origin: &Origin, mask: &SourceMask<'_>, width: usize) -> Self {
        let text = origin.source().text();
        let span = origin.span();
        let (number, line) = origin.source().line_at(u32::try_from(span.start).unwrap_or(u32::MAX));
        let start = span.start.min(line.end);
        let end = span.end.clamp(start, line.end);
        let near = floor(text, line.start.max(start.saturating_sub(REACH)))
            ..floor(text, line.end.min(start.saturating_add(REACH)));

        let shown = mask.line(near.clone());
        // A byte order mark has no width.
        let marks = usize::from(shown.chars().next() == Some('\u{feff}'));
        let chars: Vec<char> = shown.chars().skip(marks).map(visible_char).collect();
        let caret = shown.columns(start..floor(text, end.min(near.end)).max(start));
        let caret = caret.start.saturating_sub(marks)..caret.end.saturating_sub(marks);
        let room = source_room(number as usize, width);
        let cut = [near.start > line.start, near.end < line.end];
        Self { is_masked: shown.is_masked(), ..Self::fitted(&chars, caret, room, cut) }
    }

    /// The line with this number, whose secrets are masked already, cut to `width` columns with their line number.
    #[cfg(feature = "policy")]
    pub(crate) fn of_line(number: usize, line: &str, matched: Range<usize>, width: usize) -> Self {
        let chars: Vec<char> = line.chars().map(visible_char).collect();
        let count = |to: usize| line.get(..floor(line, to)).unwrap_or_default().chars().count();
        let start = count(matched.start);
        let caret = start..count(matched.end).max(start);
        Self::fitted(&chars, caret, source_room(number, width), [false; 2])
    }

    /// What fits `room` columns; the cuts show whether the line goes on to the left and to the right of `chars`.
    fn fitted(chars: &[char], caret: Range<usize>, room: usize, [cut_left, cut_right]: [bool; 2]) -> Self {
        let window = window(chars, caret.clone(), room);
        let part = |range: Range<usize>| chars.get(range).unwrap_or_default().iter().collect::<String>();
        let before = part(window.start..caret.start);
        let under = part(caret.start..caret.end.min(window.end));
        let after = part(caret.end.min(window.end)..window.end);
        let left = if window.start > 0 || cut_left { CUT } else { "" };
        let right = if window.end < chars.len() || cut_right { CUT } else { "" };
        let from = left.len() + before.len();
        let caret = from..from + under.len();
        Self { text: [left, &before, &under, &after, right].concat(), caret, is_masked: false }
    }
}

/// The columns that a line number, its border and two cuts leave of `width`.
fn source_room(number: usize, width: usize) -> usize {
    let gutter = number.checked_ilog10().unwrap_or(0) as usize + 1 + " | ".len() + 2 * CUT.len();
    width.saturating_sub(gutter)
}

/// The characters that fit `width` columns: all, or a third of the width before the caret and the rest after it.
fn window(chars: &[char], caret: Range<usize>, width: usize) -> Range<usize> {
    let columns =
        |range: Range<usize>| chars.get(range).unwrap_or_default().iter().map(column_width).sum::<usize>();
    if columns(0..chars.len()) <= width {
        return 0..chars.len();
    }
    let mut start = caret.start;
    let mut used = 0;
    let share = if columns(caret.start..chars.len()) <= width * 2 / 3 {
        width.saturating_sub(columns(caret.start..chars.len()))
    } else {
        width / 3
    };
    while let Some(before) = start.checked_sub(1).and_then(|at| chars.get(at)) {
        if used + column_width(before) > share {
            break;
        }
        used += column_width(before);
        start -= 1;
    }
    let mut end = caret.start;
    while let Some(next) = chars.get(end) {
        if used + column_width(next) > width {
            break;
        }
        used += column_width(next);
        end += 1;
    }
    start..end
}

/// An upper bound: a tab is shown as four spaces, and a character outside of ASCII takes at most two columns.
fn column_width(c: &char) -> usize {
    match c {
        '\t' => 4,
        c if c.is_ascii() => 1,
        _ => 2,
    }
}

/// The last character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
