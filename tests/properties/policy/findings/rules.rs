//! Rules over the words of the sample files.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use speckit_core::policy::{Policy, PolicyConfig};

use super::files::{SampleFile, Words, files, unordered_file};

/// A rule, with what the naive search of the laws reads.
#[derive(Clone, Debug)]
pub(super) struct SampleRule {
    pub(super) all: Vec<&'static str>,
    pub(super) any: Vec<&'static str>,
    pub(super) not: Vec<&'static str>,
    pub(super) within: usize,
    pub(super) regions: Vec<&'static str>,
    pub(super) tests: bool,
    pub(super) at_most: Option<usize>,
    pub(super) at_least: Option<usize>,
    /// The end of the paths that it excludes.
    pub(super) exclude: Option<&'static str>,
}

/// Patterns of one subject, with words that they match and words that they nearly match.
struct Theme {
    patterns: &'static [&'static str],
    words: &'static [&'static str],
}

/// Patterns with one required text, with several, with texts of any case, and with none; over line ends, and around what a comment
/// leaves blank.
const THEMES: [Theme; 4] = [
    Theme {
        patterns: &[
            "open",
            r"\bopen\b",
            "(?i)open",
            "[Oo]pen",
            r"open|close",
            r"clo(?:s|ſ)e",
            r"open\s*\(",
            r"open[\s(,]+close",
            r"^\s*open",
            r"open\W*$",
            "(?:open)+",
            "op(?:en)?",
            "open.*close",
            "\"[^\"]*open",
            "(?s)open.{1,12}close",
            "open {4}",
        ],
        words: &["open", "Open", "OPEN", "opened", "close", "cloſe", "open close", "close open", ""],
    },
    Theme {
        patterns: &["(?i)close", "(?i)kelvin", "café", "(?i)café", "日本?", "[éÉ]", "k(?i:el)v"],
        words: &["Kelvin", "\u{212a}elvin", "kELvin", "café", "CAFÉ", "日本", "cloſe", ""],
    },
    Theme {
        patterns: &[r"\d+", r"\b[0-9]", r"kind\s*=\s*[0-9]+", "TODO", r"a\+b", "a.b", "(?:TODO|kind)"],
        words: &["7", "42", "kind=1", "kind = 22", "TODO", "a+b", "todo", ""],
    },
    Theme {
        patterns: &["x  y", "x    y", r"x\s+y", r"y\n\s*x", "x {1,3}y", "[ \t]+y", "x[ ]{3} y"],
        words: &["x  y", "x y", "x/**/y", "x", "y", "x /* */ y", ""],
    },
];

/// The patterns of the rules of a case, and the words of its files: those of one or two themes.
pub(super) fn subject() -> impl Strategy<Value = (Vec<&'static str>, Words)> {
    subsequence((0..THEMES.len()).collect::<Vec<_>>(), 1..=2).prop_map(|themes| {
        let of = |part: fn(&Theme) -> &'static [&'static str]| {
            themes.iter().flat_map(|theme| part(&THEMES[*theme])).copied().collect::<Vec<_>>()
        };
        (of(|theme| theme.patterns), of(|theme| theme.words))
    })
}

/// The patterns of `all`, `any` and `not`.
type Groups = (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>);

fn groups(patterns: &[&'static str]) -> impl Strategy<Value = Groups> + use<> {
    let several = |fewest: usize, most: usize| vec(select(patterns.to_vec()), fewest..=most);
    let not = || prop_oneof![3 => Just(vec![]), 1 => several(1, 2)];
    prop_oneof![
        2 => (several(1, 1), Just(vec![]), not()),
        1 => (several(2, 3), Just(vec![]), not()),
        1 => (Just(vec![]), several(1, 3), not()),
        1 => (several(1, 2), several(1, 2), not()),
    ]
}

fn rule(patterns: &[&'static str]) -> impl Strategy<Value = SampleRule> + use<> {
    let regions = prop_oneof![Just(vec!["code"]), subsequence(vec!["code", "strings", "comments"], 1..=3)];
    let within = select(vec![1, 1, 2, 3, 10]);
    let limits = prop_oneof![
        4 => Just((None, None)),
        1 => (0_usize..4).prop_map(|most| (Some(most), None)),
        1 => (0_usize..4).prop_map(|least| (None, Some(least))),
        1 => (0_usize..3, 0_usize..3).prop_map(|(least, more)| (Some(least + more), Some(least))),
    ];
    let exclude = option::weighted(0.2, select(vec!["rs", "txt", "py"]));
    (groups(patterns), within, regions, any::<bool>(), limits, exclude).prop_map(
        |((all, any, not), within, regions, tests, (at_most, at_least), exclude)| SampleRule {
            all,
            any,
            not,
            within,
            regions,
            tests,
            at_most,
            at_least,
            exclude,
        },
    )
}

/// Up to five rules, and files with what they search for.
pub(super) fn rules_and_files() -> impl Strategy<Value = (Vec<SampleRule>, Vec<SampleFile>)> {
    subject().prop_flat_map(|(patterns, words)| (vec(rule(&patterns), 1..=5), files(words)))
}

/// The same with a file that no language accepts.
pub(super) fn rules_and_unordered_file() -> impl Strategy<Value = (Vec<SampleRule>, SampleFile)> {
    subject().prop_flat_map(|(patterns, words)| (vec(rule(&patterns), 1..=5), unordered_file(words)))
}

/// The name of a rule by its index, in the order of the rules.
pub(super) fn name(index: usize) -> String {
    format!("r{index}")
}

impl SampleRule {
    fn to_json(&self) -> Value {
        let exclude: Vec<String> = self.exclude.iter().map(|extension| format!("*.{extension}")).collect();
        json!({
            "all": self.all, "any": self.any, "not": self.not, "within": self.within, "in": self.regions, "tests": self.tests,
            "at_most": self.at_most, "at_least": self.at_least, "exclude": exclude, "message": "m",
        })
    }
}

pub(super) fn config(rules: &[SampleRule]) -> PolicyConfig {
    let rules = rules.iter().enumerate().map(|(index, rule)| (name(index), rule.to_json()));
    let rules: serde_json::Map<String, Value> = rules.collect();
    serde_json::from_value(json!({ "rules": rules })).unwrap()
}

pub(super) fn policy(rules: &[SampleRule]) -> Policy {
    Policy::compile(&config(rules)).unwrap()
}
