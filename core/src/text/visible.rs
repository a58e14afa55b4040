//! Escapes the control characters of a text, so that a terminal shows them.

use alloc::string::String;

/// The text with an escape for each character for which [`is_control`] holds.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// The text with an escape for each character for which [`is_control`] holds, except line ends and tabs.
///
/// ```
/// use speckit_core::text::visible_lines;
/// assert_eq!(visible_lines("a\tb\r\nc\rd\u{202e}\n"), "a\tb\r\nc\\rd\\u{202e}\n");
/// ```
pub fn visible_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' if chars.peek() == Some(&'\n') => shown.push(c),
            c if is_control(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// Replaces a control character by one visible character, so that columns stay aligned; tabs stay.
pub(crate) fn visible_char(c: char) -> char {
    match c {
        '\t' => c,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_control(c) => '\u{fffd}',
        c => c,
    }
}

/// Whether a terminal interprets the character and does not show it: a control character, a line separator, or one that
/// changes the direction of writing or has no width (Unicode's `Cf`, and the letters and spaces without a shape).
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}
