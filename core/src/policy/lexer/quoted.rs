//! How long a string literal is.

/// What a backslash in a string does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Backslash {
    /// It is a character like others.
    Literal,
    /// The next character does not end the string, but a line end does.
    Escapes,
    /// Neither the next character nor the next line end ends the string.
    Continues,
}

/// The length of a string that begins with a quote, and ends after the next one or at the line end.
pub(super) fn one_line(text: &[u8], backslash: Backslash) -> usize {
    let quote = text.first();
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'\\' if backslash != Backslash::Literal => escape_length(text.get(at..), backslash),
            b'\n' | b'\r' => return at,
            byte if Some(byte) == quote => return at + 1,
            _ => 1,
        };
    }
    text.len()
}

/// The length of a backslash and what it keeps from its usual meaning.
pub(super) fn escape_length(text: Option<&[u8]>, backslash: Backslash) -> usize {
    match (text, backslash) {
        (Some([_, b'\r', b'\n', ..]), Backslash::Continues) => 3,
        (Some([_, b'\n' | b'\r', ..]), Backslash::Escapes) => 1,
        _ => 2,
    }
}

/// The length of a string that begins with three quotes and ends after the next three, if there are any.
pub(super) fn triple(text: &[u8], backslash: Backslash) -> Option<usize> {
    let quotes = text.get(..3)?;
    let mut at = 3;
    loop {
        let rest = text.get(at..)?;
        at += match rest.first()? {
            b'\\' if backslash != Backslash::Literal => 2,
            _ if rest.starts_with(quotes) => return Some(at + 3),
            _ => 1,
        };
    }
}
