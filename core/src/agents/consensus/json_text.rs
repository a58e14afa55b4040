//! Decodes a JSON string that arrives in pieces.

/// The state within a string, after its opening quote.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonText {
    escape: TextEscape,
    /// The first half of a surrogate pair, whose second half may follow.
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
enum TextEscape {
    #[default]
    None,
    Backslash,
    /// `\u` with the digits so far.
    Unicode {
        digits: u8,
        code: u32,
    },
}

/// What a step gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextPiece {
    /// A part of the content.
    Content(TextContent),
    /// Nothing yet.
    Nothing,
    /// The closing quote.
    End,
}

/// A part of the content of a string.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextContent {
    /// So many bytes as they are written.
    Written(usize),
    /// Up to two characters in UTF-8, and their length.
    Decoded([u8; 8], usize),
}

/// Half of a surrogate pair alone, as JavaScript writes it where it cuts a text.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

impl JsonText {
    /// Reads the next bytes: how many, and what they are. `None`: they are not allowed in a string.
    pub(super) fn step(&mut self, rest: &[u8]) -> Option<(usize, TextPiece)> {
        let byte = *rest.first()?;
        match self.escape {
            TextEscape::None => self.plain(rest, byte),
            TextEscape::Backslash => {
                self.escape = TextEscape::None;
                if byte == b'u' {
                    self.escape = TextEscape::Unicode { digits: 0, code: 0 };
                    return Some((1, TextPiece::Nothing));
                }
                let c = match byte {
                    b'"' | b'\\' | b'/' => char::from(byte),
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ => return None,
                };
                Some((1, self.decoded(c)))
            }
            TextEscape::Unicode { digits, code } => {
                let code = code * 16 + char::from(byte).to_digit(16)?;
                self.escape = TextEscape::Unicode { digits: digits + 1, code };
                Some((1, if digits == 3 { self.code(code) } else { TextPiece::Nothing }))
            }
        }
    }

    fn plain(&mut self, rest: &[u8], byte: u8) -> Option<(usize, TextPiece)> {
        match byte {
            b'\\' => {
                self.escape = TextEscape::Backslash;
                Some((1, TextPiece::Nothing))
            }
            ..b' ' => None,
            _ if self.high.take().is_some() => Some((0, content(&[REPLACEMENT]))),
            b'"' => Some((1, TextPiece::End)),
            _ => {
                let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
                let length = rest.iter().position(is_special).unwrap_or(rest.len());
                Some((length, TextPiece::Content(TextContent::Written(length))))
            }
        }
    }

    /// Ends an escape with this code unit of UTF-16.
    fn code(&mut self, code: u32) -> TextPiece {
        self.escape = TextEscape::None;
        match (self.high, code) {
            (Some(high), 0xdc00..=0xdfff) => {
                self.high = None;
                let c = 0x1_0000 + ((high - 0xd800) << 10) + (code - 0xdc00);
                content(&[char::from_u32(c).unwrap_or(REPLACEMENT)])
            }
            (high, 0xd800..=0xdbff) => {
                self.high = Some(code);
                if high.is_some() { content(&[REPLACEMENT]) } else { TextPiece::Nothing }
            }
            _ => self.decoded(char::from_u32(code).unwrap_or(REPLACEMENT)),
        }
    }

    /// The character, after a half of a surrogate pair alone if there is one.
    fn decoded(&mut self, c: char) -> TextPiece {
        if self.high.take().is_some() { content(&[REPLACEMENT, c]) } else { content(&[c]) }
    }
}

impl TextContent {
    /// The bytes, of which some are at the beginning of what the step read.
    pub(super) fn as_bytes<'a>(&'a self, read: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Written(length) => read.get(..*length),
            Self::Decoded(bytes, length) => bytes.get(..*length),
        }
        .unwrap_or_default()
    }
}

fn content(chars: &[char]) -> TextPiece {
    let (mut bytes, mut length) = ([0; 8], 0);
    for c in chars {
        let free = bytes.get_mut(length..).unwrap_or_default();
        if free.len() >= c.len_utf8() {
            length += c.encode_utf8(free).len();
        }
    }
    TextPiece::Content(TextContent::Decoded(bytes, length))
}
