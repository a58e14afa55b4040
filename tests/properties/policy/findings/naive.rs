//! The same findings without a prefilter, an order of searches or a shortcut: every pattern is tried at every character.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use speckit_core::policy::lexer::{Language, Region, lex};
use speckit_core::policy::rules::is_test_file;

use super::files::SampleFile;
use super::rules::{SampleRule, name};

/// A finding: path, where it begins and ends, the rule, and the other places.
pub(super) type Place = (String, (usize, usize), (usize, usize), String, Vec<(usize, usize)>);

/// The findings of these rules in the files, in the order of reports.
pub(super) fn findings(rules: &[SampleRule], files: &[SampleFile]) -> Vec<Place> {
    let mut found = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let files = files.iter().filter(|file| looks_at(rule, &file.path));
        let matches: Vec<Place> = files.flat_map(|file| matches(rule, &name(index), file)).collect();
        if matches.len() < rule.at_least.unwrap_or(0) {
            let related = matches.iter().map(|place| place.1).collect();
            let path = format!("policy.rules.{}", name(index));
            found.push((path, (1, 1), (1, 1), name(index), related));
        }
        let most = if rule.at_least.is_some() { rule.at_most } else { Some(rule.at_most.unwrap_or(0)) };
        if most.is_some_and(|most| matches.len() > most) {
            found.extend(matches);
        }
    }
    found.sort_by(|a, b| (&a.0, a.1, &a.3).cmp(&(&b.0, b.1, &b.3)));
    found
}

fn looks_at(rule: &SampleRule, path: &str) -> bool {
    let is_excluded = rule.exclude.is_some_and(|extension| path.ends_with(&format!(".{extension}")));
    !is_excluded && (rule.tests || !is_test_file(path))
}

/// The matches of a rule in a file: each match of the first pattern that has the others near it.
fn matches(rule: &SampleRule, name: &str, file: &SampleFile) -> Vec<Place> {
    let whole = file.text();
    let text = whole.strip_prefix('\u{feff}').unwrap_or(&whole);
    let searched = Searched::new(rule, file, text);
    let (first, others, any) = match rule.all.split_first() {
        Some((first, others)) => (vec![*first], others.to_vec(), rule.any.clone()),
        None => (rule.any.clone(), Vec::new(), Vec::new()),
    };
    let anchors = searched.any_of(&first);
    let mut found = Vec::new();
    for (index, anchor) in anchors.iter().enumerate() {
        let line = line_of(text, anchor.start);
        let next = anchors.get(index + 1).map_or(text.len() + 1, |next| next.start);
        let before = index.checked_sub(1).map_or(0, |before| anchors[before].end);
        let is_in_lines = |at: usize| (line..line + rule.within).contains(&line_of(text, at)) && at < next;
        let near = |patterns: &[&str]| {
            let places = searched.any_of(patterns);
            places.into_iter().find(|place| place.start >= anchor.start && is_in_lines(place.start))
        };
        let is_excused =
            searched.any_of(&rule.not).iter().any(|place| place.start >= before && is_in_lines(place.start));
        let groups = others.iter().map(|other| vec![*other]).chain((!any.is_empty()).then(|| any.clone()));
        let related: Option<Vec<_>> = groups.map(|group| near(&group)).collect();
        let is_left_out = !rule.tests && file.tests().iter().any(|test| test.contains(&anchor.start));
        if let (Some(related), false, false) = (related, is_excused, is_left_out) {
            let related = related.iter().map(|place| position(text, place.start)).collect();
            let (start, end) = (position(text, anchor.start), position(text, anchor.end));
            found.push((file.path.clone(), start, end, name.to_owned(), related));
        }
    }
    found
}

/// The text as a rule reads it, and where its matches may begin.
struct Searched {
    text: String,
    is_start: Vec<bool>,
}

impl Searched {
    fn new(rule: &SampleRule, file: &SampleFile, text: &str) -> Self {
        let spans = Language::of(&file.path, text).map(|language| lex(language, text));
        let has = |region| rule.regions.contains(&region);
        let mut bytes = text.as_bytes().to_vec();
        let mut is_start = vec![has("code"); text.len()];
        let mut start = 0;
        for span in spans.unwrap_or_default() {
            let (name, part) = match span.region {
                Region::Code => ("code", start..span.end),
                Region::String => ("strings", start..span.end),
                Region::Comment => ("comments", start..span.end),
            };
            start = span.end;
            is_start[part.clone()].fill(has(name));
            if name == "comments" && !has("comments") {
                bytes[part].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            }
        }
        Self { text: String::from_utf8(bytes).unwrap(), is_start }
    }

    /// The matches of some patterns; of two that overlap, the first, and of two that begin together, the longest.
    fn any_of(&self, patterns: &[&str]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> =
            patterns.iter().flat_map(|pattern| self.matches(pattern)).collect();
        found.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        let mut kept: Vec<Range<usize>> = Vec::new();
        for place in found {
            if kept.last().is_none_or(|last| last.end <= place.start) {
                kept.push(place);
            }
        }
        kept
    }

    fn matches(&self, pattern: &str) -> Vec<Range<usize>> {
        let regex: Regex = RegexBuilder::new(pattern).multi_line(true).crlf(true).build().unwrap();
        let mut found: Vec<Range<usize>> = Vec::new();
        for (at, _) in self.text.char_indices() {
            let is_free = found.last().is_none_or(|last| last.end <= at);
            if is_free && self.is_start[at] {
                found.extend(
                    regex
                        .find_at(&self.text, at)
                        .filter(|place| place.start() == at)
                        .map(|place| place.range()),
                );
            }
        }
        found
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count()
}

/// The line and the column, both counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap();
    (line_of(text, at) + 1, line.chars().count() + 1)
}
