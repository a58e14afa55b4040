//! Finds a few literals by comparing many bytes of a text at once.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use aho_corasick::Span;
use aho_corasick::packed::{Config, Searcher};
use regex_syntax::hir::literal::rank;

use super::literals::Literal;

/// So many bytes of a literal are compared at once.
const MAX_FRAGMENT_BYTES: usize = 4;
/// More fragments are not compared at once.
const MAX_FRAGMENTS: usize = 64;

/// Finds one fragment of each literal, in each of its cases, by comparing many bytes of a text at once.
#[derive(Clone, Debug)]
pub(super) struct FragmentSearch {
    search: Searcher,
    /// The literals that have each fragment, and where in them it begins.
    literals: Vec<Vec<(usize, usize)>>,
    /// The longest distance of a fragment from the beginning of its literal.
    max_offset: usize,
}

impl FragmentSearch {
    /// `None` for too many literals, or on a processor that cannot do it.
    pub(super) fn new(literals: &[Literal]) -> Option<Self> {
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
    pub(super) fn find(&self, literals: &[Literal], text: &[u8]) -> Option<usize> {
        let mut start = 0;
        while let Some(hit) = self.search.find_in(text, Span { start, end: text.len() }) {
            let is_there = |(index, offset): &(usize, usize)| {
                let start = hit.start().checked_sub(*offset);
                let literal = literals.get(*index);
                literal.zip(start).is_some_and(|(literal, start)| literal.is_at(text, start))
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

    #[test]
    fn a_fragment_is_searched_in_each_case() {
        assert_eq!(cases(b"a_b").len(), 4);
        assert!(cases(b"a_b").contains(&b"A_b".to_vec()));
        assert_eq!(rarest(b"https://", 3), Some((5, &b"://"[..])));
    }
}
