//! The check of one file, which needs no other file.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::excerpt::{HiddenParts, shown, source_line};
use super::finding::SourceLine;
use super::matching::{RuleMatch, matches_in_file, matches_in_message};
use super::source_text::SourceText;
use super::suppression::{RuleSuppressions, Suppression};
use crate::policy::position::{FilePosition, Position};
use crate::policy::rules::{Policy, Rule, is_test_file};
use crate::tree::Severity;
use crate::tree::nearest::nearest;

/// The checked text of one file, or why it was not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCheck {
    pub(super) path: String,
    pub(super) outcome: FileOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileOutcome {
    Checked {
        hits: Vec<Hit>,
        has_lexer: bool,
    },
    Skipped(SkipReason),
    /// No rule looks at it.
    Unconcerned,
}

/// Why a file is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It is not a text.
    Binary,
    /// It is longer than the limit.
    TooLarge,
    /// It cannot be read, or is no regular file.
    Unreadable,
}

/// A match of a rule, or a mistake in a suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) rule: String,
    pub(super) severity: Severity,
    /// The message of a suppression's mistake; a rule has its own.
    pub(super) message: Option<String>,
    pub(super) start: Position,
    pub(super) end: Position,
    pub(super) source: SourceLine,
    /// How many earlier hits of this rule are in equal lines of the file.
    pub(super) ordinal: usize,
    /// The reason of the suppression.
    pub(super) suppressed: Option<String>,
    pub(super) related: Vec<FilePosition>,
}

impl FileCheck {
    /// A file that was not checked.
    pub fn skipped(path: impl Into<String>, reason: SkipReason) -> Self {
        Self { path: path.into(), outcome: FileOutcome::Skipped(reason) }
    }

    /// A file that no rule looks at. It is in no report, but a command may run because of it.
    pub fn unconcerned(path: impl Into<String>) -> Self {
        Self { path: path.into(), outcome: FileOutcome::Unconcerned }
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A NUL byte among this many bytes makes a file binary, as in git.
pub const BINARY_BYTES: usize = 8000;

/// Whether a file is no text, by its first [`BINARY_BYTES`] bytes. UTF-16 with a byte order mark is one.
pub fn is_binary(content: &[u8]) -> bool {
    utf16(content).is_none() && memchr::memchr(0, content.get(..BINARY_BYTES).unwrap_or(content)).is_some()
}

/// How the two bytes of a character of UTF-16 are read; `None` without the byte order mark of UTF-16.
fn utf16(content: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match content.get(..2)? {
        [0xff, 0xfe] => Some(u16::from_le_bytes),
        [0xfe, 0xff] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// A text in UTF-8 or, with a byte order mark, in UTF-16.
fn decoded(content: &[u8]) -> Cow<'_, str> {
    let Some(read) = utf16(content) else { return String::from_utf8_lossy(content) };
    let units = content.chunks_exact(2).filter_map(|pair| Some(read(pair.try_into().ok()?)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into()
}

impl Policy {
    /// Checks a file: its path relative to the checked folder, with `/` between its parts, and its bytes. Bytes that are not
    /// UTF-8 count as `U+FFFD`; with a byte order mark the text may be UTF-16.
    pub fn check_file(&self, path: &str, content: &[u8]) -> FileCheck {
        if is_binary(content) {
            return FileCheck::skipped(path, SkipReason::Binary);
        }
        let text = utf16(content).map(|_| decoded(content));
        let content = text.as_deref().map_or(content, str::as_bytes);
        let rules = self.candidates(path, content);
        let may_allow = memchr::memmem::find(content, crate::policy::rules::ALLOW.as_bytes()).is_some();
        if rules.is_empty() && !may_allow {
            let outcome = FileOutcome::Checked { hits: Vec::new(), has_lexer: true };
            return FileCheck { path: path.into(), outcome };
        }
        let text = decoded(content);
        let source = SourceText::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text));
        let matches: Vec<(&Rule, Vec<RuleMatch>)> =
            rules.into_iter().map(|rule| (rule, matches_in_file(rule, &source))).collect();
        let has_lexer = source.language.is_some() || matches.iter().all(|(_, matches)| matches.is_empty());
        let suppressions = Suppression::all_of(&source);
        let hits = Hits::of(self, path, &source, &matches, &suppressions);
        let hits = hits.with_mistakes_of(self, path, &suppressions);
        FileCheck { path: path.into(), outcome: FileOutcome::Checked { hits: hits.finish(), has_lexer } }
    }

    /// Checks the message of a commit, without what git removes from its file ([`MessageCleanup`](crate::policy::git::MessageCleanup)).
    pub fn check_message(&self, path: &str, message: &str) -> FileCheck {
        let source = SourceText::message(message);
        let rules = self.rules.iter().filter(|rule| rule.messages);
        let matches: Vec<_> = rules.map(|rule| (rule, matches_in_message(rule, &source))).collect();
        let hits = Hits::of(self, path, &source, &matches, &[]);
        FileCheck {
            path: path.into(),
            outcome: FileOutcome::Checked { hits: hits.finish(), has_lexer: true },
        }
    }
}

/// The hits of one file, as they are found.
struct Hits<'s, 't> {
    source: &'s SourceText<'t>,
    /// The bytes that reports hide.
    hidden: HiddenParts,
    /// With the byte where each begins.
    hits: Vec<(usize, Hit)>,
    /// Whether each suppression suppressed a match.
    used: Vec<bool>,
}

impl<'s, 't> Hits<'s, 't> {
    fn of(
        policy: &Policy,
        path: &str,
        source: &'s SourceText<'t>,
        matches: &[(&Rule, Vec<RuleMatch>)],
        suppressions: &[Suppression<'_>],
    ) -> Self {
        let shows_source = !suppressions.is_empty() || matches.iter().any(|(_, matches)| !matches.is_empty());
        let hidden = if shows_source { policy.hidden(source.text) } else { Vec::new() };
        let hidden = HiddenParts::new(hidden);
        let used = suppressions.iter().map(|_| false).collect();
        let mut hits = Self { source, hidden, hits: Vec::new(), used };
        for (rule, matches) in matches {
            let of_rule = RuleSuppressions::new(&rule.name, suppressions);
            for one in matches {
                let suppressed =
                    of_rule.of_match(&one.extent(), &source.line(source.line_of(one.anchor.start)));
                if let Some(used) = suppressed.and_then(|index| hits.used.get_mut(index)) {
                    *used = true;
                }
                let reason =
                    suppressed.and_then(|index| suppressions.get(index)).map(|one| shown(policy, one.reason));
                let mut hit = hits.hit(&rule.name, rule.severity, &one.anchor);
                let place = |range: &Range<usize>| FilePosition {
                    path: path.into(),
                    position: source.position(range.start),
                };
                hit.related = one.related.iter().map(place).collect();
                hit.suppressed = reason;
                hits.hits.push((one.anchor.start, hit));
            }
        }
        hits
    }

    fn hit(&self, rule: &str, severity: Severity, range: &Range<usize>) -> Hit {
        Hit {
            rule: rule.into(),
            severity,
            message: None,
            start: self.source.position(range.start),
            end: self.source.position(range.end),
            source: source_line(self.source, range, &self.hidden),
            ordinal: 0,
            suppressed: None,
            related: Vec::new(),
        }
    }

    /// Adds what is wrong with the suppressions.
    fn with_mistakes_of(mut self, policy: &Policy, path: &str, suppressions: &[Suppression<'_>]) -> Self {
        for (suppression, used) in suppressions.iter().zip(self.used.clone()) {
            let Some((rule, severity, message)) = mistake(policy, path, suppression, used) else { continue };
            let hit = Hit {
                message: Some(shown(policy, &message)),
                ..self.hit(rule, severity, &suppression.place)
            };
            self.hits.push((suppression.place.start, hit));
        }
        self
    }

    /// In the order of their places, each with its ordinal.
    fn finish(mut self) -> Vec<Hit> {
        self.hits.sort_by(|(a, first), (b, second)| a.cmp(b).then_with(|| first.rule.cmp(&second.rule)));
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let numbered = self.hits.into_iter().map(|(_, mut hit)| {
            let count = counts.entry((hit.rule.clone(), hit.source.line.clone())).or_default();
            hit.ordinal = *count;
            *count += 1;
            hit
        });
        numbered.collect()
    }
}

/// What is wrong with a suppression: the name of the check, its severity and the message.
fn mistake(
    policy: &Policy,
    path: &str,
    suppression: &Suppression<'_>,
    used: bool,
) -> Option<(&'static str, Severity, String)> {
    let Suppression { rule, reason, .. } = suppression;
    if rule.is_empty() {
        let message = "the suppression names no rule: write `speckit:allow RULE reason`".into();
        return Some(("suppression/malformed", Severity::Error, message));
    }
    if !policy.names.iter().any(|name| name == rule) {
        let near = nearest(rule, policy.names.iter().map(String::as_str));
        let near = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        let message = format!("the suppression names `{rule}`, which is no rule{near}");
        return Some(("suppression/unknown-rule", Severity::Error, message));
    }
    if reason.is_empty() {
        let message = format!("the suppression of `{rule}` has no reason: write it after the name");
        return Some(("suppression/malformed", Severity::Error, message));
    }
    let ran = policy.rules.iter().any(|one| one.name == *rule && one.looks_at(path, is_test_file(path)));
    (ran && !used).then(|| {
        let message = format!("the suppression of `{rule}` suppresses nothing: remove it");
        ("suppression/unused", Severity::Warning, message)
    })
}
