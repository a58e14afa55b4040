//! Finds literals in a text: first whether there is any, then which ones.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use aho_corasick::packed::{Config, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Span};
use regex_syntax::hir::literal::rank;

use super::literals::Literal;

/// Up to this many bytes of literals the automaton is a table, which is fast and large.
const MAX_TABLE_BYTES: usize = 1 << 16;
/// So many bytes of a text are compared with all fragments at once.
const MAX_FRAGMENT_BYTES: usize = 4;
/// More fragments are not compared at once.
const MAX_FRAGMENTS: usize = 64;

/// Finds which of some literals are in a text.
#[derive(Clone, Debug)]
pub(super) struct LiteralSearch {
    literals: Vec<Literal>,
    /// If there are few literals.
    fragments: Option<FragmentSearch>,
    /// The literals in any case.
    automaton: AhoCorasick,
}

impl LiteralSearch {
    /// `None` if the automaton would be too large.
    pub(super) fn new(literals: Vec<Literal>) -> Option<Self> {
        let texts = || literals.iter().map(|literal| literal.text.as_slice());
        let is_small = texts().map(<[u8]>::len).sum::<usize>() <= MAX_TABLE_BYTES;
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(is_small.then_some(AhoCorasickKind::DFA))
            .build(texts())
            .ok()?;
        Some(Self { fragments: FragmentSearch::new(&literals), literals, automaton })
    }

    /// The indices of the literals in a text.
    pub(super) fn find(&self, text: &[u8]) -> BTreeSet<usize> {
        let start = match &self.fragments {
            None => (!self.literals.is_empty()).then_some(0),
            Some(fragments) => fragments.find(&self.literals, text),
        };
        let Some(start) = start else { return BTreeSet::new() };
        let hits = self.automaton.find_overlapping_iter(text.get(start..).unwrap_or_default());
        let hits = hits.map(|hit| (hit.pattern().as_usize(), start + hit.start()));
        hits.filter(|(literal, start)| is_at(&self.literals, *literal, text, *start))
            .map(|(literal, _)| literal)
            .collect()
    }
}

/// Whether a literal begins at this byte of a text.
fn is_at(literals: &[Literal], literal: usize, text: &[u8], start: usize) -> bool {
    let Some(Literal { text: expected, any_case }) = literals.get(literal) else { return false };
    let found = text.get(start..).and_then(|rest| rest.get(..expected.len()));
    found.is_some_and(|found| found == expected || *any_case && found.eq_ignore_ascii_case(expected))
}

/// Finds one fragment of each literal, in each of its cases, by comparing many bytes of a text at once.
#[derive(Clone, Debug)]
struct FragmentSearch {
    search: Searcher,
    /// The literals that have each fragment, and where in them it begins.
    literals: Vec<Vec<(usize, usize)>>,
    /// The longest distance of a fragment from the beginning of its literal.
    max_offset: usize,
}

impl FragmentSearch {
    /// `None` for too many literals, or on a processor that cannot do it.
    fn new(literals: &[Literal]) -> Option<Self> {
        if literals.len() > MAX_FRAGMENTS {
            return None;
        }
        // Fragments of one length: no two of them begin at the same byte of a text.
        let length = literals.iter().map(|literal| literal.text.len()).min()?.min(MAX_FRAGMENT_BYTES);
        let mut fragments: BTreeMap<Vec<u8>, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, literal) in literals.iter().enumerate() {
            let (offset, rarest) = rarest(&literal.text, length)?;
            let cases = if literal.any_case { cases(rarest) } else { Vec::from([rarest.to_vec()]) };
            for fragment in cases {
                fragments.entry(fragment).or_default().push((index, offset));
            }
        }
        if fragments.len() > MAX_FRAGMENTS {
            return None;
        }
        let search = Config::new().builder().extend(fragments.keys()).build()?;
        let max_offset = fragments.values().flatten().map(|(_, offset)| *offset).max()?;
        Some(Self { search, literals: fragments.into_values().collect(), max_offset })
    }

    /// A byte before which no literal begins; `None` if the text has none.
    fn find(&self, literals: &[Literal], text: &[u8]) -> Option<usize> {
        let mut start = 0;
        while let Some(hit) = self.search.find_in(text, Span { start, end: text.len() }) {
            let is_there = |(literal, offset): &(usize, usize)| {
                let start = hit.start().checked_sub(*offset);
                start.is_some_and(|start| is_at(literals, *literal, text, start))
            };
            if self.literals.get(hit.pattern().as_usize())?.iter().any(is_there) {
                return Some(hit.start().saturating_sub(self.max_offset));
            }
            start = hit.start() + 1;
        }
        None
    }
}

/// The part of this length whose bytes are the rarest in usual texts, and where it begins.
fn rarest(text: &[u8], length: usize) -> Option<(usize, &[u8])> {
    let frequency = |part: &[u8]| part.iter().map(|byte| u32::from(rank(*byte))).sum::<u32>();
    text.windows(length).enumerate().min_by_key(|(_, part)| frequency(part))
}

/// A text in each combination of small and capital letters.
fn cases(text: &[u8]) -> Vec<Vec<u8>> {
    let mut cases = Vec::from([Vec::new()]);
    for byte in text {
        let mut both = BTreeSet::from([byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]).into_iter();
        let first = both.next();
        let others: Vec<Vec<u8>> = both
            .flat_map(|other| cases.iter().map(move |case| [case.as_slice(), &[other]].concat()))
            .collect();
        cases.iter_mut().for_each(|case| case.extend(first));
        cases.extend(others);
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, any_case: bool) -> Literal {
        Literal { text: text.into(), any_case }
    }

    /// What a search for each literal by itself finds.
    fn expected(literals: &[Literal], text: &[u8]) -> BTreeSet<usize> {
        let is_in = |index: &usize| (0..text.len()).any(|start| is_at(literals, *index, text, start));
        (0..literals.len()).filter(is_in).collect()
    }

    #[test]
    fn a_fragment_is_searched_in_each_case() {
        assert_eq!(cases(b"a_b").len(), 4);
        assert!(cases(b"a_b").contains(&b"A_b".to_vec()));
        assert_eq!(rarest(b"https://", 3), Some((5, &b"://"[..])));
    }

    #[test]
    fn few_and_many_literals_are_found_wherever_they_begin() {
        let few = Vec::from([
            literal("importance", true),
            literal("portal", false),
            literal("dbg!(", false),
            literal("port", false),
            literal("xport", true),
        ]);
        let mut many = few.clone();
        many.extend((0..100).map(|number| literal(&alloc::format!("call_{number}("), number % 2 == 0)));
        let texts = [
            "",
            "port",
            "PORT",
            "import",
            "an importance",
            "IMPORTANCE",
            "ImPortal",
            "Xportal dbg!",
            "dbg!(",
            "DBG!(",
            "call_7(call_8(CALL_9(CALL_10(",
            "import import exPORT importance dbg!(portal)",
        ];
        for literals in [few, many] {
            let search = LiteralSearch::new(literals.clone()).unwrap();
            for text in texts {
                for before in 0..70 {
                    let text = [" ".repeat(before).as_str(), text].concat();
                    let found = search.find(text.as_bytes());
                    assert_eq!(found, expected(&literals, text.as_bytes()), "{text:?}");
                }
            }
        }
    }
}
