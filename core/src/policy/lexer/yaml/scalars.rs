//! How long scalars and comments of YAML are.

/// Whether a mark ends here: `-` begins an item only before white space.
pub(super) fn ends_token(text: Option<&[u8]>) -> bool {
    matches!(text, None | Some([] | [b' ' | b'\t' | b'\n' | b'\r', ..]))
}

/// The length of a comment. Some readers end it at U+0085, U+2028 and U+2029 too.
pub(super) fn comment_length(text: &[u8]) -> usize {
    let ends = |at: &usize| {
        let rest = text.get(*at..).unwrap_or_default();
        matches!(rest, [b'\n' | b'\r', ..] | [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..])
    };
    (0..text.len()).find(ends).unwrap_or(text.len())
}

/// The length of a quoted scalar, or of the text that has no closing quote in its document.
pub(super) fn quoted_length(text: &[u8]) -> Result<usize, usize> {
    let quote = text.first();
    let mut length = 1;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        length += match rest {
            [] => return Err(text.len()),
            [b'\\', _, ..] if quote == Some(&b'"') => 2,
            [b'\'', b'\'', ..] if quote == Some(&b'\'') => 2,
            [byte, ..] if Some(byte) == quote => return Ok(length + 1),
            [b'\n' | b'\r', next @ ..] if begins_with_marker(next) => return Err(length),
            _ => 1,
        };
    }
}

/// Whether a line begins or ends a document.
pub(super) fn begins_with_marker(line: &[u8]) -> bool {
    (line.starts_with(b"---") || line.starts_with(b"...")) && ends_token(line.get(3..))
}

/// The length of the first line of a block scalar without its comment, and its indentation if that is named.
pub(super) fn block_header(text: &[u8]) -> Option<(usize, Option<usize>)> {
    let (indicators, digit) = match text.get(1..)? {
        [b'+' | b'-', digit @ b'1'..=b'9', ..] | [digit @ b'1'..=b'9', b'+' | b'-', ..] => (2, Some(digit)),
        [digit @ b'1'..=b'9', ..] => (1, Some(digit)),
        [b'+' | b'-', ..] => (1, None),
        _ => (0, None),
    };
    let rest = text.get(1 + indicators..).unwrap_or_default();
    let spaces = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
    let is_header = match rest.get(spaces) {
        Some(b'#') => spaces > 0,
        next => next.is_none_or(|byte| b"\r\n".contains(byte)),
    };
    is_header.then(|| (1 + indicators + spaces, digit.map(|digit| usize::from(digit - b'0'))))
}

/// Where the lines of a block scalar begin in the text after its header, and how many bytes they have, without the line end
/// after the last one. They are indented more than the collection around them, which has this column.
pub(super) fn block_body(text: &[u8], parent: Option<usize>, indentation: Option<usize>) -> (usize, usize) {
    let least = parent.map_or(1, |column| column + 1);
    let mut required = indentation.map(|indentation| least + indentation - 1);
    let (mut widest, mut end) = (least, 0);
    let (_, start) = line_end(text, 0);
    let mut next = start;
    while let Some(line) = text.get(next..).filter(|line| !line.is_empty()) {
        let spaces = line.iter().take_while(|byte| **byte == b' ').count();
        widest = widest.max(spaces);
        let (line_end, after) = line_end(text, next + spaces);
        if line_end > next + spaces {
            // The first line with text has the indentation of all lines.
            if spaces < *required.get_or_insert(widest) {
                break;
            }
            end = line_end;
        }
        next = after;
    }
    (start, end.saturating_sub(start))
}

/// Where the line at this position ends, and where the next one begins.
fn line_end(text: &[u8], position: usize) -> (usize, usize) {
    let rest = text.get(position..).unwrap_or_default();
    let end = position + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let length = match text.get(end..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([_, ..]) => 1,
        _ => 0,
    };
    (end, end + length)
}
