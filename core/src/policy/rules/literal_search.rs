//! Finds literals in a text: first whether there is any, then which ones.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::fragment_search::FragmentSearch;
use super::literals::Literal;
use super::shift_search::ShiftSearch;

/// Up to this many bytes of literals the automaton is a table, which is fast and large.
const MAX_TABLE_BYTES: usize = 1 << 16;

/// Finds which of some literals are in a text.
#[derive(Clone, Debug)]
pub(super) struct LiteralSearch {
    literals: Vec<Literal>,
    first: FirstSearch,
    /// The literals in any case.
    automaton: AhoCorasick,
}

/// Finds where the first literal begins.
#[derive(Clone, Debug)]
enum FirstSearch {
    Nothing,
    Few(FragmentSearch),
    Many(ShiftSearch),
    /// Some literal is too short for the others.
    Automaton,
}

impl FirstSearch {
    fn new(literals: &[Literal]) -> Self {
        if literals.is_empty() {
            return Self::Nothing;
        }
        let few = FragmentSearch::new(literals).map(Self::Few);
        few.or_else(|| ShiftSearch::new(literals).map(Self::Many)).unwrap_or(Self::Automaton)
    }

    /// A byte before which no literal begins; `None` if the text has none.
    fn find(&self, literals: &[Literal], text: &[u8]) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Few(search) => search.find(literals, text),
            Self::Many(search) => search.find(literals, text),
            Self::Automaton => Some(0),
        }
    }
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
        Some(Self { first: FirstSearch::new(&literals), literals, automaton })
    }

    /// The indices of the literals in a text.
    pub(super) fn find(&self, text: &[u8]) -> BTreeSet<usize> {
        let Some(start) = self.first.find(&self.literals, text) else { return BTreeSet::new() };
        let hits = self.automaton.find_overlapping_iter(text.get(start..).unwrap_or_default());
        let hits = hits.map(|hit| (hit.pattern().as_usize(), start + hit.start()));
        let is_there = |(index, start): &(usize, usize)| {
            self.literals.get(*index).is_some_and(|literal| literal.is_at(text, *start))
        };
        hits.filter(is_there).map(|(index, _)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, any_case: bool) -> Literal {
        Literal { text: text.into(), any_case }
    }

    /// What a search for each literal by itself finds.
    fn expected(literals: &[Literal], text: &[u8]) -> BTreeSet<usize> {
        let is_in = |index: &usize| (0..text.len()).any(|start| literals[*index].is_at(text, start));
        (0..literals.len()).filter(is_in).collect()
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
        let mut with_short = many.clone();
        with_short.push(literal("al", false));
        for literals in [few, many, with_short] {
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
