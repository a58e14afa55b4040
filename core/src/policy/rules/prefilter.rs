//! Finds the rules that a file may break in one pass over its bytes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::literals::Literal;
use super::pattern::Pattern;

/// What a rule needs in a file.
#[derive(Clone, Debug, Default)]
struct Needs {
    /// A match needs one of the literals of each group.
    groups: Vec<Vec<usize>>,
}

/// Finds literals: those of one case and those of any case are different searches, since the first is faster.
#[derive(Clone, Debug, Default)]
struct LiteralSearch {
    /// Says quickly that there is no literal.
    any: Option<AhoCorasick>,
    all: Option<AhoCorasick>,
    /// The number of each literal.
    numbers: Vec<usize>,
}

/// Up to this many bytes of literals the automaton is a table, which is fast and large.
const MAX_TABLE_BYTES: usize = 1 << 16;

impl LiteralSearch {
    /// `None` if the automaton would be too large.
    fn new(literals: &[(&Literal, usize)], any_case: bool) -> Option<Self> {
        let chosen = literals.iter().filter(|(literal, _)| literal.any_case == any_case);
        let (texts, numbers): (Vec<&[u8]>, Vec<usize>) =
            chosen.map(|(literal, number)| (literal.text.as_slice(), *number)).unzip();
        if texts.is_empty() {
            return Some(Self::default());
        }
        let is_small = texts.iter().map(|text| text.len()).sum::<usize>() <= MAX_TABLE_BYTES;
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(any_case).kind(is_small.then_some(AhoCorasickKind::DFA));
        let all = builder.build(&texts).ok()?;
        // Few literals are found by comparing many bytes at once, without the automaton.
        let any = builder.match_kind(MatchKind::LeftmostFirst).build(&texts).ok();
        Some(Self { any, all: Some(all), numbers })
    }

    fn find(&self, text: &[u8], found: &mut BTreeSet<usize>) {
        let Some(all) = &self.all else { return };
        let start = match &self.any {
            None => 0,
            Some(any) => match any.find(text) {
                None => return,
                Some(first) => first.start(),
            },
        };
        // No literal begins before the leftmost one.
        for hit in all.find_overlapping_iter(text.get(start..).unwrap_or_default()) {
            found.extend(self.numbers.get(hit.pattern().as_usize()));
        }
    }
}

/// The literals of all rules in one search.
#[derive(Clone, Debug)]
pub(super) struct Prefilter {
    /// `None`: every rule is a candidate.
    searches: Option<[LiteralSearch; 2]>,
    needs: Vec<Needs>,
    /// The rules of each literal.
    rules: Vec<Vec<usize>>,
    /// The rules that need no literal.
    always: Vec<usize>,
}

/// The groups of alternatives of a rule: a match needs a match of one pattern of each group.
pub(super) type PatternGroups<'p> = Vec<Vec<&'p Pattern>>;

impl Prefilter {
    /// The filter of these rules.
    pub(super) fn new<'p>(rules: impl IntoIterator<Item = PatternGroups<'p>>) -> Self {
        let mut numbers: BTreeMap<&Literal, usize> = BTreeMap::new();
        let mut filter = Self { searches: None, needs: Vec::new(), rules: Vec::new(), always: Vec::new() };
        for (rule, groups) in rules.into_iter().enumerate() {
            let mut needs = Needs::default();
            for group in groups {
                let literals = group.into_iter().map(Pattern::literals).collect::<Option<Vec<_>>>();
                let Some(literals) = literals else { continue };
                let numbers = literals.into_iter().flatten().map(|literal| {
                    let next = numbers.len();
                    let number = *numbers.entry(literal).or_insert(next);
                    if number == filter.rules.len() {
                        filter.rules.push(Vec::new());
                    }
                    if let Some(rules) = filter.rules.get_mut(number).filter(|rules| !rules.contains(&rule)) {
                        rules.push(rule);
                    }
                    number
                });
                needs.groups.push(numbers.collect());
            }
            if needs.groups.is_empty() {
                filter.always.push(rule);
            }
            filter.needs.push(needs);
        }
        let literals: Vec<(&Literal, usize)> = numbers.into_iter().collect();
        let search = |any_case| LiteralSearch::new(&literals, any_case);
        filter.searches = search(false).zip(search(true)).map(<[_; 2]>::from);
        filter
    }

    /// The rules that may match in a text, in their order.
    pub(super) fn candidates(&self, text: &[u8]) -> Vec<usize> {
        let Some(searches) = &self.searches else { return (0..self.needs.len()).collect() };
        let mut found: BTreeSet<usize> = BTreeSet::new();
        searches.iter().for_each(|search| search.find(text, &mut found));
        if found.is_empty() {
            return self.always.clone();
        }
        let touched = found.iter().filter_map(|literal| self.rules.get(*literal)).flatten().copied();
        let touched: BTreeSet<usize> = touched.collect();
        let has_all = |rule: &usize| {
            self.needs.get(*rule).is_some_and(|needs| {
                needs.groups.iter().all(|group| group.iter().any(|one| found.contains(one)))
            })
        };
        let touched = touched.into_iter().filter(has_all);
        let mut rules: Vec<usize> = self.always.iter().copied().chain(touched).collect();
        rules.sort_unstable();
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_candidate_if_a_literal_of_each_group_is_there() {
        let patterns = ["store_memory", "importance", "Todo|fixme", r"\d+"].map(|p| Pattern::new(p).unwrap());
        let [store, importance, words, digits] = &patterns;
        let filter = Prefilter::new([
            Vec::from([Vec::from([store]), Vec::from([importance])]),
            Vec::from([Vec::from([words])]),
            Vec::from([Vec::from([words, digits])]),
            Vec::from([Vec::from([store]), Vec::from([digits])]),
        ]);
        assert_eq!(filter.candidates(b"nothing"), [2]);
        assert_eq!(filter.candidates(b"store_memory()"), [2, 3]);
        assert_eq!(filter.candidates(b"store_memory(importance)"), [0, 2, 3]);
        assert_eq!(filter.candidates(b"a fixme"), [1, 2]);
        assert_eq!(Prefilter::new([]).candidates(b"x"), [0; 0]);
    }
}
