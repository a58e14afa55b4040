//! Regular expressions that are searched for in linear time.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;

use once_cell::race::OnceBox;
use regex::{Captures, Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::visible;

/// The largest compiled pattern. A search takes time in proportion to the text and to this size.
const MAX_BYTES: usize = 1 << 20;

/// A regular expression, compiled when it is first searched for. `^` and `$` match at line ends too, and `.` matches no line end.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Arc<str>,
    /// `None`: it is too large.
    regex: Arc<OnceBox<Option<Regex>>>,
    /// Whether it is small for sure, and need not be compiled to know.
    is_small: bool,
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is no regular expression.
    #[error("the regular expression is invalid at character {at}: {reason}")]
    Syntax {
        /// The character of the pattern, counted from 1.
        at: usize,
        /// The reason of the engine.
        reason: String,
    },
    /// It matches a text without characters, and so everywhere.
    #[error("the regular expression matches the empty text, and so every text")]
    MatchesEmpty,
    /// It is too large when it is compiled.
    #[error("the regular expression is too large: it needs more than 1 MiB when it is compiled")]
    TooLarge,
}

impl PatternError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Syntax { reason, .. } if reason.starts_with("look-around") => {
                Some("write it without look-around, since the search takes linear time".into())
            }
            Self::Syntax { reason, .. } if reason.starts_with("backreferences") => {
                Some("write the alternatives out, since the search takes linear time".into())
            }
            Self::Syntax { .. } => {
                Some("in TOML, write a pattern in single quotes, where a backslash is a backslash".into())
            }
            Self::MatchesEmpty => Some("require a character, such as with `+` in the place of `*`".into()),
            Self::TooLarge => Some("reduce the numbers of repetitions such as `{1000}`".into()),
        }
    }
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// It is invalid, or matches the empty text.
    pub(crate) fn new(pattern: &str) -> Result<Self, PatternError> {
        Self::parse(pattern).map(|(pattern, _)| pattern)
    }

    /// As [`Pattern::new`], with what it was parsed to.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub(crate) fn parse(pattern: &str) -> Result<(Self, Hir), PatternError> {
        let hir = parsed(pattern)?;
        if hir.properties().minimum_len() == Some(0) {
            return Err(PatternError::MatchesEmpty);
        }
        let is_small = max_bytes(&hir) <= MAX_BYTES;
        Ok((Self { text: pattern.into(), regex: Arc::default(), is_small }, hir))
    }

    /// Compiles it now, if it may be too large.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) fn check_size(&self) -> Result<(), PatternError> {
        if self.is_small {
            return Ok(());
        }
        self.regex().map(drop).ok_or(PatternError::TooLarge)
    }

    fn regex(&self) -> Option<&Regex> {
        let compiled = self.regex.get_or_init(|| {
            let mut builder = RegexBuilder::new(&self.text);
            builder.multi_line(true).crlf(true).size_limit(MAX_BYTES).dfa_size_limit(MAX_BYTES);
            Box::new(builder.build().ok())
        });
        compiled.as_ref()
    }

    /// The first match that begins at this byte or later. A pattern that is too large has none.
    #[cfg(feature = "policy")]
    pub(crate) fn find_at(&self, text: &str, start: usize) -> Option<core::ops::Range<usize>> {
        if start > text.len() {
            return None;
        }
        self.regex()?.find_at(text, start).map(|found| found.range())
    }

    /// The first match and its groups. A pattern that is too large has none.
    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    /// The names of the groups, of which the first is the whole match. A pattern that is too large has none.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Option<&str>> {
        self.regex().into_iter().flat_map(Regex::capture_names)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// More than a pattern takes when it is compiled. A range of characters is at most ten sequences of up to four bytes, and each byte
/// takes less than 64 bytes.
fn max_bytes(hir: &Hir) -> usize {
    const STATE: usize = 64;
    const RANGE: usize = 10 * 4 * STATE;
    let sum = |parts: &[Hir]| {
        parts.iter().fold(STATE, |sum, part| sum.saturating_add(max_bytes(part)).saturating_add(STATE))
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(RANGE),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len().saturating_mul(RANGE),
        HirKind::Capture(capture) => max_bytes(&capture.sub).saturating_add(2 * STATE),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            let times = usize::try_from(times).unwrap_or(usize::MAX);
            times.saturating_mul(max_bytes(&repetition.sub).saturating_add(2 * STATE))
        }
        HirKind::Alternation(parts) | HirKind::Concat(parts) => sum(parts),
    }
}

fn parsed(pattern: &str) -> Result<Hir, PatternError> {
    let parsed = ParserBuilder::new().multi_line(true).crlf(true).build().parse(pattern);
    parsed.map_err(|error| {
        let (start, reason) = match &error {
            regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
            error => (0, error.to_string()),
        };
        let before = pattern.get(..start).unwrap_or_default();
        PatternError::Syntax { at: before.chars().count() + 1, reason: shown(pattern, start, &reason) }
    })
}

/// The reason, with the rest of the pattern where that says more.
fn shown(pattern: &str, start: usize, reason: &str) -> String {
    let rest: String = pattern.get(start..).unwrap_or_default().chars().take(20).collect();
    if rest.is_empty() { reason.into() } else { format!("{reason} (`{}`)", visible(&rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pattern: &str) -> PatternError {
        Pattern::new(pattern).and_then(|pattern| pattern.check_size()).unwrap_err()
    }

    #[test]
    fn a_mistake_has_its_character_and_reason() {
        let unclosed = PatternError::Syntax { at: 3, reason: "unclosed group (`(b`)".into() };
        assert_eq!(error("ä-(b"), unclosed);
        let look = error("x(?!y)");
        assert!(look.to_string().contains("look-around"), "{look}");
        assert!(look.help().unwrap().contains("without look-around"));
        assert!(error(r"(a)\1").help().unwrap().contains("alternatives"));
        assert!(error("[z-a]").to_string().starts_with("the regular expression is invalid at character 2"));
    }

    #[test]
    fn a_pattern_of_nothing_or_of_too_much_is_refused() {
        for empty in ["", "x*", "(a|b?)", "^", r"\b", "(?:)"] {
            assert_eq!(error(empty), PatternError::MatchesEmpty, "{empty}");
        }
        assert_eq!(error(r"\w{1000}{10}"), PatternError::TooLarge);
        // One pattern that is small by its parts is small, and of two others one is large and one is not.
        let sizes =
            [r"\bold_service\s*\(", r"(a|b{9}|[^x]){40}", r"\w+\pL+", r"[ad]{40000}"].map(|pattern| {
                let pattern = Pattern::new(pattern).unwrap();
                (pattern.is_small, pattern.regex().is_some())
            });
        assert_eq!(sizes, [(true, true), (true, true), (false, true), (false, false)]);
    }

    #[test]
    fn line_ends_are_ends_of_lines() {
        let pattern = Pattern::new("^b.*$").unwrap();
        assert_eq!(pattern.find_at("a\r\nbc\r\nd", 0), Some(3..5));
        assert_eq!(pattern.find_at("a", 7), None);
    }
}
