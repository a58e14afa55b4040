//! Keys: the path from the root of a configuration to one value.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::text::is_control;
use crate::tree::Text;

/// One step of a [`Key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A member of a table.
    Name(Text),
    /// An element of an array, from 0.
    Index(usize),
}

/// The path from the root of a configuration to one value.
///
/// Written as TOML writes a dotted key, with `[n]` for the element of an array.
///
/// ```
/// use speckit_core::Key;
/// let key: Key = r#"hosts."a.example"[0].port"#.parse()?;
/// assert_eq!(key.to_string(), r#"hosts."a.example"[0].port"#);
/// assert_eq!(key.pointer(), "/hosts/a.example/0/port");
/// # Ok::<(), speckit_core::KeyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<Segment>);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing between two dots, or nothing at all.
    #[error("empty name in a key; an empty name is written \"\"")]
    EmptyName,
    /// A quote that is never closed.
    #[error("unclosed quote in a key")]
    UnclosedQuote,
    /// `[` without a number and `]`.
    #[error("expected a number and `]` after `[` in a key")]
    BadIndex,
    /// A character other than `.` or `[` follows a closing quote or bracket.
    #[error("expected `.` or `[` in a key, found `{0}`")]
    Unexpected(char),
}

impl Key {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// The key of names, without indices.
    pub fn of<N: Into<Text>>(names: impl IntoIterator<Item = N>) -> Self {
        Self(names.into_iter().map(|name| Segment::Name(name.into())).collect())
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The name of the last step, unless that is an index.
    pub fn last_name(&self) -> Option<&str> {
        match self.0.last() {
            Some(Segment::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The key without its last step; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, front) = self.0.split_last()?;
        Some(Self(front.to_vec()))
    }

    /// This key and one more step.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }

    /// This key and one more name.
    #[must_use]
    pub fn child(&self, name: impl Into<Text>) -> Self {
        self.join(Segment::Name(name.into()))
    }

    /// This key and one more index.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    /// Adds a step in place; [`Key::pop`] removes it.
    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    /// Removes the last step.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// Whether `self` is `prefix` or lies below it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The key as a JSON pointer (RFC 6901): `~` and `/` in names are escaped.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.0 {
            pointer.push('/');
            match segment {
                Segment::Name(name) => {
                    for c in name.chars() {
                        match c {
                            '~' => pointer.push_str("~0"),
                            '/' => pointer.push_str("~1"),
                            c => pointer.push(c),
                        }
                    }
                }
                // Writing to a String cannot fail.
                Segment::Index(index) => drop(write!(pointer, "{index}")),
            }
        }
        pointer
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Name(name) => {
                    if i > 0 {
                        f.write_char('.')?;
                    }
                    write_name(f, name)?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Writes one name of a key, quoted as TOML quotes it unless it is a bare key.
pub(crate) fn write_name(f: &mut dyn fmt::Write, name: &str) -> fmt::Result {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { f.write_str(name) } else { write_quoted(f, name) }
}

/// Writes a text as a TOML basic string (TOML 1.0, "String"). What a terminal would not show is escaped.
pub(crate) fn write_quoted(f: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c if is_control(c) && u32::from(c) > 0xffff => write!(f, "\\U{:08X}", u32::from(c))?,
            c if is_control(c) => write!(f, "\\u{:04X}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

impl core::str::FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut segments = Vec::new();
        let mut rest = text;
        if rest.is_empty() {
            return Ok(Self::root());
        }
        let mut wants_name = !rest.starts_with('[');
        loop {
            if wants_name {
                let (name, after) = parse_name(rest)?;
                segments.push(Segment::Name(name));
                rest = after;
            } else {
                let inner = rest.strip_prefix('[').ok_or(KeyError::BadIndex)?;
                let (digits, after) = inner.split_once(']').ok_or(KeyError::BadIndex)?;
                segments.push(Segment::Index(digits.parse().map_err(|_| KeyError::BadIndex)?));
                rest = after;
            }
            let mut after = rest.chars();
            match after.next() {
                None => return Ok(Self(segments)),
                Some('[') => wants_name = false,
                Some('.') => {
                    wants_name = true;
                    rest = after.as_str();
                }
                Some(other) => return Err(KeyError::Unexpected(other)),
            }
        }
    }
}

/// Reads a bare name up to the next `.` or `[`, or a quoted one with TOML's escapes.
fn parse_name(text: &str) -> Result<(Text, &str), KeyError> {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return if name.is_empty() { Err(KeyError::EmptyName) } else { Ok((name.into(), rest)) };
    };
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Ok((name.into(), text.get(at + 1..).unwrap_or_default()));
        }
        if c != '\\' || quote == '\'' {
            name.push(c);
            continue;
        }
        match chars.next().ok_or(KeyError::UnclosedQuote)?.1 {
            'n' => name.push('\n'),
            't' => name.push('\t'),
            'r' => name.push('\r'),
            escape @ ('u' | 'U') => {
                let digits = if escape == 'u' { 0..4 } else { 0..8 };
                let digit = |code: u32, _| code.checked_mul(16)?.checked_add(chars.next()?.1.to_digit(16)?);
                let code = digits.into_iter().try_fold(0, digit);
                name.push(code.and_then(char::from_u32).ok_or(KeyError::UnclosedQuote)?);
            }
            other => name.push(other),
        }
    }
    Err(KeyError::UnclosedQuote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_pointer_escapes_tilde_and_slash() {
        assert_eq!(Key::of(["a/b", "c~d"]).pointer(), "/a~1b/c~0d");
        assert_eq!(Key::root().pointer(), "");
    }

    #[test]
    fn every_name_survives_printing() {
        for name in ["", "a b", "é", "a.b", "[0]", "\"", "\\", "\u{1}", "a\nb", "'", "\u{202e}", "\u{e0041}"]
        {
            let key = Key::of(["x"]).child(name).element(3);
            assert_eq!(key.to_string().parse::<Key>(), Ok(key), "{name:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_rejected_with_the_reason() {
        assert_eq!("a..b".parse::<Key>(), Err(KeyError::EmptyName));
        assert_eq!("a.\"b".parse::<Key>(), Err(KeyError::UnclosedQuote));
        assert_eq!("a[x]".parse::<Key>(), Err(KeyError::BadIndex));
        assert_eq!("\"a\"b".parse::<Key>(), Err(KeyError::Unexpected('b')));
    }
}
