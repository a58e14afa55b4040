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

/// Whether a terminal interprets the character and does not show it: a control character, or one that changes the direction
/// of writing or has no width.
pub fn is_control(c: char) -> bool {
    let is_invisible = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || is_invisible
}
