//! Text that fits into cells, with control characters escaped.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use textwrap::{Options, WordSplitter};

/// Longer texts are truncated.
const MAX_CHARACTERS: usize = 1000;

/// The text with control and bidirectional characters escaped; a long text is truncated with `…`.
pub(super) fn visible(text: &str) -> String {
    let end = text.char_indices().nth(MAX_CHARACTERS).map(|(end, _)| end);
    match end.and_then(|end| text.get(..end)) {
        Some(beginning) => speckit_core::text::visible(beginning) + "…",
        None => speckit_core::text::visible(text),
    }
}

/// Wraps a line into rows, the second and later ones indented. An excerpt of a source stays one row, so that its caret
/// stays below the mistake.
///
/// `ratatui::widgets::Wrap` (0.30) is no substitute: it draws wide characters outside a narrow area, and panics.
pub(super) fn wrap(line: &Span<'_>, width: u16) -> Vec<Line<'static>> {
    let rows = if is_excerpt(&line.content) {
        vec![clip(&line.content, width)]
    } else {
        let options = Options::new(width.into()).word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(&line.content, options.subsequent_indent(if width > 12 { "    " } else { "" }))
    };
    rows.into_iter().map(|row| Line::styled(row.into_owned(), line.style)).collect()
}

/// `12 | port = 'high'`, `   |        ^^^^^^`.
fn is_excerpt(text: &str) -> bool {
    text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
}

/// The text if it fits; otherwise its beginning, followed by `…`.
pub(super) fn clip(text: &str, width: u16) -> Cow<'_, str> {
    if text.cell_width() <= width {
        return text.into();
    }
    let span = Span::raw(text);
    fitting(graphemes(&span), width).chain(["…"]).collect()
}

/// The text if it fits; otherwise `…`, followed by its end.
pub(super) fn clip_keeping_end(text: &str, width: u16) -> Cow<'_, str> {
    if text.cell_width() <= width {
        return text.into();
    }
    let span = Span::raw(text);
    let backwards = graphemes(&span).collect::<Vec<_>>().into_iter().rev();
    let kept: Vec<_> = fitting(backwards, width).chain(["…"]).collect();
    kept.into_iter().rev().collect()
}

/// The graphemes that fit beside an ellipsis.
fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, width: u16) -> impl Iterator<Item = &'a str> {
    let mut remaining = width.saturating_sub(1);
    graphemes.map_while(move |symbol| {
        remaining = remaining.checked_sub(symbol.cell_width())?;
        Some(symbol)
    })
}

fn graphemes<'a>(span: &'a Span<'_>) -> impl Iterator<Item = &'a str> {
    span.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_are_escaped_and_long_text_is_truncated() {
        assert_eq!(visible("a\u{1b}[2J\n\u{202e}b\0"), r"a\u{1b}[2J\n\u{202e}b\u{0}");
        assert_eq!(visible(&"ä".repeat(1000)), "ä".repeat(1000));
        assert_eq!(visible(&"ä".repeat(1001)), "ä".repeat(1000) + "…");
    }

    #[test]
    fn a_text_is_clipped_at_either_end() {
        for (text, width, at_the_end, at_the_front) in [
            ("abcdef", 6, "abcdef", "abcdef"),
            ("abcdef", 4, "abc…", "…def"),
            ("abcdef", 1, "…", "…"),
            ("世界地図", 8, "世界地図", "世界地図"),
            ("世界地図", 6, "世界…", "…地図"),
            ("", 0, "", ""),
        ] {
            assert_eq!(clip(text, width), at_the_end, "{text} {width}");
            assert_eq!(clip_keeping_end(text, width), at_the_front, "{text} {width}");
        }
    }

    #[test]
    fn a_line_is_wrapped_at_spaces_and_an_excerpt_is_clipped() {
        let rows =
            |text: &str, width| wrap(&Span::raw(text), width).iter().map(Line::to_string).collect::<Vec<_>>();
        assert_eq!(rows("  one two three four", 16), ["  one two three", "    four"]);
        assert_eq!(rows("abcdefghijklmnopqrstuvw", 16), ["abcdefghijkl", "    mnopqrstuvw"]);
        assert_eq!(rows("12 errors in all", 12), ["12 errors in", "all"]);
        assert_eq!(rows("  12 | port = 'high'", 12), ["  12 | port…"]);
        assert_eq!(rows("     |     ^^^^^^", 12), ["     |     …"]);
        assert_eq!(rows("", 12), [""]);
    }

    #[test]
    fn a_time_since_the_start_is_shown_as_a_clock() {
        let shown = |millis| since_start(Duration::from_millis(millis));
        assert_eq!([shown(0), shown(123_456), shown(3_723_000)], ["00:00.0", "02:03.4", "1:02:03"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn clipped_text_fits_and_wrapped_text_is_complete(text in "[a-c世\u{301} ]{0,40}", width in 0_u16..20) {
            prop_assert!(clip(&text, width).cell_width() <= width.max(1));
            prop_assert!(clip_keeping_end(&text, width).cell_width() <= width.max(1));
            let rows: Vec<_> = wrap(&Span::raw(&text), width).iter().map(Line::to_string).collect();
            prop_assert!(rows.iter().all(|row| row.cell_width() <= width.max(2)), "{rows:?}");
            prop_assert_eq!(rows.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
