//! Finds the rules that a file may break in one pass over its bytes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::literal_search::LiteralSearch;
use super::literals::Literal;
use super::pattern::RulePattern;

/// What a rule needs in a file.
#[derive(Clone, Debug, Default)]
struct Needs {
    /// A match needs one of the literals of each group.
    groups: Vec<Vec<usize>>,
}

/// The literals of all rules in one search.
#[derive(Clone, Debug)]
pub(super) struct Prefilter {
    /// `None`: every rule is a candidate.
    search: Option<LiteralSearch>,
    needs: Vec<Needs>,
    /// The rules of each literal.
    rules: Vec<Vec<usize>>,
    /// The rules that need no literal.
    always: Vec<usize>,
}

/// The groups of alternatives of a rule: a match needs a match of one pattern of each group.
pub(super) type PatternGroups<'p> = Vec<Vec<&'p RulePattern>>;

impl Prefilter {
    /// The filter of these rules.
    pub(super) fn new<'p>(rules: impl IntoIterator<Item = PatternGroups<'p>>) -> Self {
        let mut numbers: BTreeMap<&Literal, usize> = BTreeMap::new();
        let mut filter = Self { search: None, needs: Vec::new(), rules: Vec::new(), always: Vec::new() };
        for (rule, groups) in rules.into_iter().enumerate() {
            let mut needs = Needs::default();
            for group in groups {
                let literals = group.into_iter().map(RulePattern::literals).collect::<Option<Vec<_>>>();
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
        let mut literals: Vec<(&Literal, usize)> = numbers.into_iter().collect();
        literals.sort_unstable_by_key(|(_, number)| *number);
        filter.search =
            LiteralSearch::new(literals.into_iter().map(|(literal, _)| literal.clone()).collect());
        filter
    }

    /// The rules that may match in a text, in their order.
    pub(super) fn candidates(&self, text: &[u8]) -> Vec<usize> {
        let Some(search) = &self.search else { return (0..self.needs.len()).collect() };
        let found = search.find(text);
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
        let patterns =
            ["store_memory", "importance", "Todo|fixme", r"\d+"].map(|p| RulePattern::new(p).unwrap());
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
