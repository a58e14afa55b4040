//! The matches of a rule in a text.

use alloc::vec::Vec;
use core::ops::Range;

use super::source_text::SourceText;
use super::statement::Statements;
use crate::policy::rules::{Regions, Rule, RulePattern};

/// A match of a rule.
pub(super) struct RuleMatch {
    /// The match of its first pattern.
    pub(super) anchor: Range<usize>,
    /// The first match of each other pattern.
    pub(super) related: Vec<Range<usize>>,
}

impl RuleMatch {
    /// All that it covers.
    pub(super) fn extent(&self) -> Range<usize> {
        let end = self.related.iter().map(|related| related.end).max().unwrap_or_default();
        self.anchor.start..end.max(self.anchor.end)
    }
}

/// All of a message is searched.
const WHOLE: Regions = Regions { code: true, strings: true, comments: true };

/// The matches of a rule in a file, in their order.
pub(super) fn matches_in_file(rule: &Rule, source: &SourceText<'_>) -> Vec<RuleMatch> {
    let mut matches = matches(rule, source, rule.regions);
    matches.retain(|one| rule.tests || !source.is_test(one.anchor.start));
    matches
}

/// The matches of a rule in the message of a commit.
pub(super) fn matches_in_message(rule: &Rule, message: &SourceText<'_>) -> Vec<RuleMatch> {
    matches(rule, message, WHOLE)
}

fn matches(rule: &Rule, source: &SourceText<'_>, regions: Regions) -> Vec<RuleMatch> {
    let places = |pattern: &RulePattern| source.matches(pattern, regions);
    let anchors = without_overlaps(rule.anchors.iter().flat_map(places).collect());
    if anchors.is_empty() {
        return Vec::new();
    }
    let others: Vec<Vec<Range<usize>>> = rule.others.iter().map(places).collect();
    let any = without_overlaps(rule.any.iter().flat_map(places).collect());
    let not = without_overlaps(rule.not.iter().flat_map(places).collect());
    let statements = Statements::of(source);
    let mut found = Vec::new();
    let mut before = 0;
    for (index, anchor) in anchors.iter().enumerate() {
        let line = source.line_of(anchor.start);
        let last = source.line_start(line + rule.within);
        let end = anchors.get(index + 1).map_or(last, |next| next.start.min(last));
        let end = if rule.same_call { statements.end_of_call(anchor.start..end) } else { end };
        let near = |places: &[Range<usize>]| first_from(places, anchor.start..end);
        let excuse = first_from(&not, source.line_start(line).max(before)..end);
        before = anchor.end;
        let required = others.iter().map(|places| near(places));
        let one_of = (!rule.any.is_empty()).then(|| near(&any));
        let related = required.chain(one_of).collect::<Option<Vec<_>>>();
        if let (Some(related), None) = (related, excuse) {
            found.push(RuleMatch { anchor: anchor.clone(), related });
        }
    }
    found
}

/// The first that begins in a range.
fn first_from(places: &[Range<usize>], range: Range<usize>) -> Option<Range<usize>> {
    let index = places.partition_point(|place| place.start < range.start);
    places.get(index).filter(|place| place.start < range.end).cloned()
}

/// In their order; of two that overlap, the first.
fn without_overlaps(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.start, core::cmp::Reverse(place.end)));
    let mut end = 0;
    places.retain(|place| {
        let is_free = place.start >= end;
        end = if is_free { place.end } else { end };
        is_free
    });
    places
}
