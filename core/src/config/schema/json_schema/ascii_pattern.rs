//! Patterns of ASCII characters from the start of a text on, such as `^[a-z][a-z0-9]*(_[a-z0-9]+)*$` and `^[^-]`, without an engine.
//!
//! Most patterns of names are so simple. Their position automaton (Glushkov, "The abstract theory of automata", 1961) is built in
//! a microsecond, where the engine needs some thirty.

use alloc::vec::Vec;
use core::iter::Peekable;
use core::str::Chars;

/// The positions of an automaton, one bit each.
type Positions = u64;

/// A pattern that begins with `^`, may end with `$`, and has only characters, classes, groups, `|`, `*`, `+` and `?` between them.
pub(super) struct AsciiPattern {
    /// The characters of each position.
    characters: Vec<Characters>,
    /// The positions that may come after each position.
    followers: Vec<Positions>,
    whole: Part,
    /// Whether it ends with `$`, so that it matches up to the end of the text.
    has_end: bool,
}

/// A set of characters: those of ASCII, one bit each, and either all others or none.
#[derive(Clone, Copy)]
struct Characters {
    ascii: u128,
    others: bool,
}

/// A part of a pattern.
#[derive(Clone, Copy)]
struct Part {
    /// Whether it matches the empty text.
    is_optional: bool,
    first: Positions,
    last: Positions,
}

impl Part {
    const EMPTY: Self = Self { is_optional: true, first: 0, last: 0 };
}

impl AsciiPattern {
    /// The automaton of a pattern; `None` for a pattern that is not as simple, or that is no pattern.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.strip_prefix('^')?;
        let inner = text.strip_suffix('$').unwrap_or(text);
        let has_end = inner.len() < text.len();
        let pattern = Self { characters: Vec::new(), followers: Vec::new(), whole: Part::EMPTY, has_end };
        let mut reader = PatternReader { rest: inner.chars().peekable(), pattern };
        // `^a|b$` is anchored at one end of each alternative.
        let whole = reader.sequence(0)?;
        reader.rest.peek().is_none().then_some(Self { whole, ..reader.pattern })
    }

    /// Whether the text matches.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut is_match = self.whole.is_optional;
        let mut next = self.whole.first;
        for c in text.chars() {
            if is_match && !self.has_end {
                return true;
            }
            let reached = self.at(c, next);
            is_match = reached & self.whole.last != 0;
            next = positions(reached).fold(0, |next, at| next | self.followers.get(at).unwrap_or(&0));
        }
        is_match
    }

    /// Those of the positions that have the character.
    fn at(&self, c: char, within: Positions) -> Positions {
        let has = |at: &usize| self.characters.get(*at).is_some_and(|characters| characters.contain(c));
        positions(within).filter(has).fold(0, |reached, at| reached | 1 << at)
    }
}

impl Characters {
    fn contain(self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> u32::from(c) & 1 == 1 } else { self.others }
    }
}

/// The numbers of the positions in a set.
fn positions(mut set: Positions) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let next = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(next)
    })
}

/// How deep groups may lie in one another.
const MAX_DEPTH: usize = 16;

struct PatternReader<'p> {
    rest: Peekable<Chars<'p>>,
    pattern: AsciiPattern,
}

impl PatternReader<'_> {
    /// Alternatives, up to the end of the group.
    fn alternatives(&mut self, depth: usize) -> Option<Part> {
        let mut all = self.sequence(depth)?;
        while self.rest.next_if_eq(&'|').is_some() {
            let next = self.sequence(depth)?;
            all.is_optional |= next.is_optional;
            all.first |= next.first;
            all.last |= next.last;
        }
        Some(all)
    }

    fn sequence(&mut self, depth: usize) -> Option<Part> {
        let mut all = Part::EMPTY;
        while self.rest.peek().is_some_and(|next| !matches!(next, '|' | ')')) {
            let next = self.repeated(depth)?;
            self.follow(all.last, next.first);
            all = Part {
                is_optional: all.is_optional && next.is_optional,
                first: if all.is_optional { all.first | next.first } else { all.first },
                last: if next.is_optional { all.last | next.last } else { next.last },
            };
        }
        Some(all)
    }

    /// A character, a class or a group, with its quantifier.
    fn repeated(&mut self, depth: usize) -> Option<Part> {
        let mut part = self.part(depth)?;
        let quantifier = self.rest.next_if(|next| matches!(next, '*' | '+' | '?'));
        if matches!(quantifier, Some('*' | '+')) {
            self.follow(part.last, part.first);
        }
        part.is_optional |= matches!(quantifier, Some('*' | '?'));
        // A lazy quantifier matches the same texts; a second one is an error.
        (quantifier.is_none() || !matches!(self.rest.peek(), Some('*' | '+' | '?' | '{'))).then_some(part)
    }

    fn part(&mut self, depth: usize) -> Option<Part> {
        let set = match self.rest.next()? {
            '(' if depth < MAX_DEPTH => {
                if self.rest.next_if_eq(&'?').is_some() {
                    self.rest.next_if_eq(&':')?;
                }
                let part = self.alternatives(depth + 1)?;
                self.rest.next_if_eq(&')')?;
                return Some(part);
            }
            '[' => return self.class(),
            '\\' => self.escape()?,
            '^' | '$' | '.' | '*' | '+' | '?' | '(' | ')' | '{' | '}' | ']' => return None,
            c => character(c)?,
        };
        self.position(Characters { ascii: set, others: false })
    }

    /// A class, behind its `[`.
    fn class(&mut self) -> Option<Part> {
        let is_negated = self.rest.next_if_eq(&'^').is_some();
        let set = self.members()?;
        self.position(Characters { ascii: if is_negated { !set } else { set }, others: is_negated })
    }

    /// The characters that a class lists, up to its `]`.
    fn members(&mut self) -> Option<u128> {
        let mut set = 0;
        loop {
            match self.rest.next()? {
                ']' => return Some(set),
                '\\' => set |= self.escape()?,
                low => {
                    let low = character(low)?;
                    set |= low;
                    if self.rest.next_if_eq(&'-').is_some() {
                        match self.rest.next()? {
                            ']' => return Some(set | character('-')?),
                            '\\' => return None,
                            high => set |= range(low, character(high)?)?,
                        }
                    }
                }
            }
        }
    }

    /// The characters of an escape, behind its backslash.
    fn escape(&mut self) -> Option<u128> {
        const DIGIT: u128 = 0x3ff << b'0';
        const LETTERS: u128 = 0x3ff_ffff << b'A' | 0x3ff_ffff << b'a';
        match self.rest.next()? {
            'd' => Some(DIGIT),
            'w' => Some(DIGIT | LETTERS | 1 << b'_'),
            c @ ('.' | '-' | '+' | '/' | '*' | '?' | '$' | '^' | '|' | '(' | ')' | '[' | ']' | '{' | '}'
            | '\\') => character(c),
            _ => None,
        }
    }

    fn position(&mut self, characters: Characters) -> Option<Part> {
        let bit = 1u64.checked_shl(u32::try_from(self.pattern.characters.len()).ok()?)?;
        self.pattern.characters.push(characters);
        self.pattern.followers.push(0);
        Some(Part { is_optional: false, first: bit, last: bit })
    }

    /// Lets each of the positions `after` come after each of `before`.
    fn follow(&mut self, before: Positions, after: Positions) {
        for at in positions(before) {
            self.pattern.followers.get_mut(at).into_iter().for_each(|followers| *followers |= after);
        }
    }
}

/// The set of one character, if it is of ASCII.
fn character(c: char) -> Option<u128> {
    c.is_ascii().then(|| 1 << u32::from(c))
}

/// The characters between two, both included.
fn range(low: u128, high: u128) -> Option<u128> {
    (low <= high).then(|| high | (high - low))
}
