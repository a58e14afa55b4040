//! How long a regular expression is.

use super::comment::begins_with_line_end;

/// The length of a regular expression that begins with a slash, without its flags; `None` if its line has no end of it.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let mut is_class = false;
    let mut length = 1;
    loop {
        let rest = text.get(length..)?;
        length += match rest {
            [b'\\', rest @ ..] if !begins_with_line_end(rest) => 2,
            [b'/', ..] if !is_class => return Some(length + 1),
            [] => return None,
            rest if begins_with_line_end(rest) => return None,
            [byte, ..] => {
                is_class = if is_class { *byte != b']' } else { *byte == b'[' };
                1
            }
        };
    }
}
