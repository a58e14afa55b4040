//! Text that fits into cells, and that a terminal shows and does not obey.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::Span;
use speckit_core::text::is_control;

/// Of one text that is shown; nobody reads on for longer.
pub(super) const MOST_CHARACTERS: usize = 1000;

/// The text with every control character, and every one that turns the direction of writing, as an escape; what is
/// longer than so many characters ends in `…`.
pub(super) fn visible(text: &str, most: usize) -> Cow<'_, str> {
    let is_long = text.len() > most && text.chars().nth(most).is_some();
    if !is_long && !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars().take(most) {
        if is_control(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if is_long {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// How many cells a visible text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { graphemes(&Span::raw(text)).map(|(_, cells)| cells).sum() }
}

/// The text, or as much of its beginning as fits, and `…`.
pub(super) fn clip(text: &str, room: usize) -> Cow<'_, str> {
    if text.is_ascii() && text.len() <= room {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut used, mut end) = (String::new(), 0, 0);
    for (symbol, cells) in graphemes(&Span::raw(text)) {
        used += cells;
        if used > room {
            kept.truncate(end);
            kept.extend((room > 0).then_some('…'));
            break;
        }
        kept.push_str(symbol);
        if used < room {
            end = kept.len();
        }
    }
    Cow::Owned(kept)
}

/// The text, or `…` and as much of its end as fits.
pub(super) fn clip_front(text: &str, room: usize) -> Cow<'_, str> {
    let mut spare = width(text).saturating_sub(room);
    if spare == 0 {
        return Cow::Borrowed(text);
    }
    spare += 1;
    let mut kept = String::from(if room > 0 { "…" } else { "" });
    for (symbol, cells) in graphemes(&Span::raw(text)) {
        if spare == 0 && room > 0 {
            kept.push_str(symbol);
        }
        spare = spare.saturating_sub(cells);
    }
    Cow::Owned(kept)
}

/// The text in rows of so many cells, broken at spaces where there are any; what continues is indented.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let indent = if room > 12 { "    " } else { "" };
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    // In bytes: behind the last space that has a word before it.
    let mut gap = None;
    let mut has_word = false;
    for (symbol, cells) in graphemes(&Span::raw(text)).filter(|(_, cells)| *cells <= room) {
        if used + cells > room {
            let word = gap.take().and_then(|at| row.get(at..)).unwrap_or_default();
            let moves = symbol != " " && indent.len() + width(word) + cells <= room;
            let word = if moves { word.to_owned() } else { String::new() };
            row.truncate(row.len() - word.len());
            row.truncate(row.trim_end().len());
            has_word = !word.is_empty();
            rows.push(std::mem::replace(&mut row, format!("{indent}{word}")));
            used = width(&row);
        }
        let is_space = symbol == " ";
        if is_space && !has_word && !rows.is_empty() {
            continue;
        }
        row.push_str(symbol);
        used += cells;
        has_word |= !is_space;
        if is_space && has_word {
            gap = Some(row.len());
        }
    }
    rows.push(row);
    rows
}

/// A time since the start: `02:03.4`, `1:02:03`.
pub(super) fn since_start(at: Duration) -> String {
    let (hours, minutes, seconds) = (at.as_secs() / 3600, at.as_secs() / 60 % 60, at.as_secs() % 60);
    if hours == 0 {
        format!("{minutes:02}:{seconds:02}.{}", at.subsec_millis() / 100)
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// An age in its two largest units: `12 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// How long something took: `40 µs`, `0.4 ms`, `1.2 s`.
pub(super) fn taken(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..100 => format!("{micros} µs"),
        100..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1000.0),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// `1 guard`, `2 guards`.
pub(super) fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// What is seen as one character each, with its cells; control characters are left out.
fn graphemes<'a>(span: &'a Span<'_>) -> impl Iterator<Item = (&'a str, usize)> {
    let symbols = span.styled_graphemes(Style::new());
    symbols.map(|grapheme| (grapheme.symbol, usize::from(grapheme.symbol.cell_width())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(visible("a\u{1b}[2J\n\u{202e}b\0", 99), r"a\u{1b}[2J\n\u{202e}b\u{0}");
        assert!(matches!(visible("plain Ω 世", 99), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_text_ends_early() {
        assert_eq!(visible("abcdef", 6), "abcdef");
        assert_eq!(visible("abcdef", 5), "abcde…");
        assert_eq!(visible("äöüß", 4), "äöüß");
    }

    #[test]
    fn a_text_is_clipped_at_either_end() {
        for (text, room, at_the_end, at_the_front) in [
            ("abcdef", 6, "abcdef", "abcdef"),
            ("abcdef", 4, "abc…", "…def"),
            ("abcdef", 1, "…", "…"),
            ("abcdef", 0, "", ""),
            ("世界地図", 8, "世界地図", "世界地図"),
            ("世界地図", 6, "世界…", "…地図"),
            ("", 0, "", ""),
        ] {
            assert_eq!(clip(text, room), at_the_end, "{text} {room}");
            assert_eq!(clip_front(text, room), at_the_front, "{text} {room}");
        }
    }

    #[test]
    fn rows_are_broken_at_spaces_and_indented() {
        assert_eq!(wrap("one two three four five", 16), ["one two three", "    four five"]);
        assert_eq!(wrap("abcdefghijklmnopqrstuvw", 16), ["abcdefghijklmnop", "    qrstuvw"]);
        assert_eq!(wrap("abc def", 4), ["abc", "def"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn times_have_a_unit() {
        let shown = |millis| since_start(Duration::from_millis(millis));
        assert_eq!([shown(0), shown(123_456), shown(3_723_000)], ["00:00.0", "02:03.4", "1:02:03"]);
        let ages = [12, 185, 7500, 273_600].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["12 s", "3 min 5 s", "2 h 5 min", "3 d 4 h"]);
        let times = [40, 400, 999_900, 1_200_000].map(|micros| taken(Duration::from_micros(micros)));
        assert_eq!(times, ["40 µs", "0.4 ms", "999.9 ms", "1.2 s"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_cut_fits_and_loses_no_word(text in "[a-c世\u{301} ]{0,40}", room in 0_usize..20) {
            prop_assert!(width(&clip(&text, room)) <= room);
            prop_assert!(width(&clip_front(&text, room)) <= room);
            let rows = wrap(&text, room);
            prop_assert!(rows.iter().all(|row| width(row) <= room));
            let words = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            if room > 1 {
                prop_assert_eq!(words(&rows.concat()), words(&text));
            }
        }
    }
}
