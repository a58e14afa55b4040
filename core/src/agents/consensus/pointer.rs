//! JSON pointers (RFC 6901).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A JSON pointer (RFC 6901): the place of a value in a JSON document.
///
/// ```
/// use speckit_core::agents::consensus::JsonPointer;
/// let pointer: JsonPointer = "/item/text".parse().unwrap();
/// assert_eq!(pointer.to_string(), "/item/text");
/// assert!("item.text".parse::<JsonPointer>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPointer {
    tokens: Vec<String>,
}

/// Why a text is no JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It does not begin with `/`.
    #[error("it does not begin with `/`")]
    Start,
    /// A `~` is followed by neither `0` nor `1`.
    #[error("a `~` is written `~0`, and a `/` in a name `~1`")]
    Escape,
}

impl JsonPointer {
    /// How many names and indexes it has.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Its name or index at this level, from 0.
    pub(super) fn token(&self, level: usize) -> Option<&str> {
        self.tokens.get(level).map(String::as_str)
    }

    /// The length of its longest name or index, in bytes.
    pub(super) fn longest_token(&self) -> usize {
        self.tokens.iter().map(String::len).max().unwrap_or(0)
    }
}

impl core::str::FromStr for JsonPointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let tokens = text.strip_prefix('/').ok_or(PointerError::Start)?.split('/').map(|token| {
            let is_escaped = |rest: &str| rest.starts_with(['0', '1']);
            let are_escapes = token.split('~').skip(1).all(is_escaped);
            // In this order, so that `~01` is `~1` (RFC 6901, section 4).
            are_escapes.then(|| token.replace("~1", "/").replace("~0", "~")).ok_or(PointerError::Escape)
        });
        Ok(Self { tokens: tokens.collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |token: &String| token.replace('~', "~0").replace('/', "~1");
        self.tokens.iter().try_for_each(|token| write!(f, "/{}", escaped(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_pointer_is_read_and_written_as_the_rfc_says() {
        for (text, tokens) in [
            ("", &[][..]),
            ("/", &[""]),
            ("/result", &["result"]),
            ("/item/0/text", &["item", "0", "text"]),
            ("/a~1b/m~0n/~01", &["a/b", "m~n", "~1"]),
            ("//x", &["", "x"]),
        ] {
            let pointer: JsonPointer = text.parse().unwrap();
            assert_eq!(pointer.tokens, tokens, "{text}");
            assert_eq!(pointer.to_string(), text);
        }
        assert_eq!("result".parse::<JsonPointer>(), Err(PointerError::Start));
        for text in ["/a~", "/~2", "/a/~x"] {
            assert_eq!(text.parse::<JsonPointer>(), Err(PointerError::Escape), "{text}");
        }
    }
}
