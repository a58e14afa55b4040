//! The texts that a match must contain, so that files without them need no search.
//!
//! A rule does not see a file as it is on the disk: comments are blanks, and bytes that are not UTF-8 are `U+FFFD`. A required text
//! contains neither.

use alloc::vec::Vec;

use regex_syntax::hir::{Class, Hir, HirKind};

/// More alternatives are not worth the search for each.
const MAX_LITERALS: usize = 64;
/// A shorter text is in nearly every file.
const MIN_BYTES: usize = 2;
/// A class of more characters is no text.
const MAX_CLASS: usize = 8;

/// A text that a match contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    /// Its bytes; in lower case (ASCII) if it is there in any case.
    pub(super) text: Vec<u8>,
    pub(super) any_case: bool,
}

impl Literal {
    fn new(text: &[u8]) -> Self {
        Self { text: text.to_vec(), any_case: false }
    }

    /// Whether it begins at this byte of a text.
    pub(super) fn is_at(&self, text: &[u8], start: usize) -> bool {
        let found = text.get(start..).and_then(|rest| rest.get(..self.text.len()));
        found.is_some_and(|found| {
            *found == *self.text || self.any_case && found.eq_ignore_ascii_case(&self.text)
        })
    }

    /// This text followed by another.
    fn followed_by(&self, next: &Self) -> Self {
        let mut text = [self.text.as_slice(), &next.text].concat();
        let any_case = self.any_case || next.any_case;
        if any_case {
            text.make_ascii_lowercase();
        }
        Self { text, any_case }
    }
}

/// Texts of which each match contains one. `None` if the pattern requires none.
pub(super) fn required_literals(hir: &Hir) -> Option<Vec<Literal>> {
    Required::of(hir).best()
}

/// What an expression requires.
struct Required {
    /// All texts that it matches, if there are few.
    exact: Option<Vec<Literal>>,
    /// Texts of which each match contains one.
    inner: Option<Vec<Literal>>,
}

impl Required {
    const NOTHING: Self = Self { exact: None, inner: None };

    fn exact(mut texts: Vec<Literal>) -> Self {
        texts.sort();
        texts.dedup();
        if texts.len() > MAX_LITERALS { Self::NOTHING } else { Self { exact: Some(texts), inner: None } }
    }

    fn best(self) -> Option<Vec<Literal>> {
        better(useful(self.exact), self.inner)
    }

    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::exact(Vec::from([Literal::default()])),
            HirKind::Literal(literal) => Self::of_sequence(words(&literal.0)),
            HirKind::Class(class) => class_texts(class).map_or(Self::NOTHING, Self::exact),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => {
                let sub = Self::of(&repetition.sub);
                match (repetition.min, repetition.max) {
                    (1, Some(1)) => sub,
                    (0, Some(1)) => sub.exact.map_or(Self::NOTHING, |mut texts| {
                        texts.push(Literal::default());
                        Self::exact(texts)
                    }),
                    (0, _) => Self::NOTHING,
                    _ => Self { exact: None, inner: sub.best() },
                }
            }
            HirKind::Alternation(parts) => Self::of_alternatives(parts),
            HirKind::Concat(parts) => Self::of_sequence(parts.iter().flat_map(|part| match part.kind() {
                HirKind::Literal(literal) => words(&literal.0),
                _ => Vec::from([Self::of(part)]),
            })),
        }
    }

    fn of_alternatives(parts: &[Hir]) -> Self {
        let parts: Vec<Self> = parts.iter().map(Self::of).collect();
        if parts.iter().all(|part| part.exact.is_some()) {
            return Self::exact(parts.into_iter().filter_map(|part| part.exact).flatten().collect());
        }
        let mut inner = Vec::new();
        for part in parts {
            match part.best() {
                Some(texts) if inner.len() + texts.len() <= MAX_LITERALS => inner.extend(texts),
                _ => return Self::NOTHING,
            }
        }
        inner.sort();
        inner.dedup();
        Self { exact: None, inner: Some(inner) }
    }

    /// Neighbours that match few texts are joined; the best of the joined texts is required.
    fn of_sequence(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut inner = None;
        let mut joined = Vec::from([Literal::default()]);
        let mut is_exact = true;
        for part in parts {
            let crossed = part.exact.as_ref().and_then(|texts| crossed(&joined, texts));
            joined = match (crossed, part.exact.clone()) {
                (Some(crossed), _) => crossed,
                (None, next) => {
                    is_exact = false;
                    inner = better(inner, better(useful(Some(joined)), part.inner));
                    next.unwrap_or_else(|| Vec::from([Literal::default()]))
                }
            };
        }
        if is_exact {
            Self::exact(joined)
        } else {
            Self { exact: None, inner: better(inner, useful(Some(joined))) }
        }
    }
}

/// The parts of a text: those that a file has, and nothing for each character that it may lack.
fn words(text: &[u8]) -> Vec<Required> {
    let mut parts = Vec::new();
    for part in text.utf8_chunks() {
        for piece in part.valid().split_inclusive(is_replacement) {
            let word = piece.trim_end_matches(is_replacement);
            parts.push(Required::exact(Vec::from([Literal::new(word.as_bytes())])));
            parts.extend((word.len() < piece.len()).then_some(Required::NOTHING));
        }
        parts.extend((!part.invalid().is_empty()).then_some(Required::NOTHING));
    }
    parts
}

/// Whether a character may stand for others in what a rule sees of a file.
fn is_replacement(c: char) -> bool {
    matches!(c, ' ' | char::REPLACEMENT_CHARACTER)
}

/// Each of the first texts followed by each of the second.
fn crossed(first: &[Literal], second: &[Literal]) -> Option<Vec<Literal>> {
    if first.len() * second.len() > MAX_LITERALS {
        return None;
    }
    Some(first.iter().flat_map(|start| second.iter().map(move |end| start.followed_by(end))).collect())
}

/// The texts of a class with few characters. Both cases of a letter are one text.
fn class_texts(class: &Class) -> Option<Vec<Literal>> {
    let Class::Unicode(class) = class else { return None };
    let chars: Vec<char> =
        class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(MAX_CLASS + 1).collect();
    if chars.len() > MAX_CLASS || chars.iter().copied().any(is_replacement) {
        return None;
    }
    let text = |c: &char| {
        let mut bytes = [0; 4];
        let other = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        let any_case = other != *c && chars.contains(&other);
        let c = if any_case { c.to_ascii_lowercase() } else { *c };
        Literal { text: c.encode_utf8(&mut bytes).as_bytes().to_vec(), any_case }
    };
    let mut texts: Vec<Literal> = chars.iter().map(text).collect();
    texts.sort();
    texts.dedup();
    Some(texts)
}

fn useful(texts: Option<Vec<Literal>>) -> Option<Vec<Literal>> {
    texts.filter(|texts| !texts.is_empty() && shortest(texts) >= MIN_BYTES)
}

fn shortest(texts: &[Literal]) -> usize {
    texts.iter().map(|literal| literal.text.len()).min().unwrap_or_default()
}

/// The one whose shortest text is longer, since it is in fewer files.
fn better(a: Option<Vec<Literal>>, b: Option<Vec<Literal>>) -> Option<Vec<Literal>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if shortest(&b) > shortest(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn required(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::parse(pattern).unwrap();
        let texts = required_literals(&hir)?;
        let shown = texts.into_iter().map(|literal| {
            let text = String::from_utf8(literal.text).unwrap();
            if literal.any_case { alloc::format!("{text} in any case") } else { text }
        });
        Some(shown.collect())
    }

    fn some<const N: usize>(texts: [&str; N]) -> Option<Vec<String>> {
        Some(texts.map(String::from).into())
    }

    #[test]
    fn a_match_contains_one_of_the_texts() {
        assert_eq!(required(r"Store_memory\s*\("), some(["Store_memory"]));
        assert_eq!(required(r"[Ss]tore_Memory"), some(["store_memory in any case"]));
        assert_eq!(required(r"(s|S)tore"), some(["store in any case"]));
        assert_eq!(required(r"(?i)Store"), some(["store in any case", "\u{17f}tore in any case"]));
        assert_eq!(required(r"(?i)memory\s*\(\s*importance"), some(["importance in any case"]));
        assert_eq!(required(r"a+(todo|fixme)\b.*longest_text"), some(["longest_text"]));
        assert_eq!(required(r"\b(foo|barn)\s"), some(["barn", "foo"]));
        assert_eq!(required(r"colou?r"), some(["color", "colour"]));
        assert_eq!(required(r"(ab)+"), some(["ab"]));
        assert_eq!(required(r"x\d+|yes"), None);
        assert_eq!(required(r"\w+"), None);
        assert_eq!(required(r"(abc)*d"), None);
        assert_eq!(required(r"(ab|\d)cde"), some(["cde"]));
    }

    #[test]
    fn what_a_comment_or_a_byte_may_become_is_not_required() {
        assert_eq!(required("let  mut x"), some(["let"]));
        assert_eq!(required("a mut[ x]able"), some(["able"]));
        assert_eq!(required("x y"), None);
        assert_eq!(required("caf\u{fffd} crème"), some(["crème"]));
        assert_eq!(required("(fo o|bar)"), some(["bar", "fo"]));
    }
}
