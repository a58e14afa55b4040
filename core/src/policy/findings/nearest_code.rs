//! The code before and after the comments of a text.

use core::cell::Cell;
use core::ops::Range;

use super::source_text::SourceText;
use crate::policy::lexer::Region;

/// Finds the code around places in a text. Places that follow each other in the text are cheap: what was searched is known.
pub(super) struct NearestCode<'s, 't> {
    source: &'s SourceText<'t>,
    /// A place, and the first code from it on.
    after: Cell<Option<(usize, Option<usize>)>>,
    /// A place, and the last code before it.
    before: Cell<(usize, Option<usize>)>,
}

impl<'s, 't> NearestCode<'s, 't> {
    pub(super) fn of(source: &'s SourceText<'t>) -> Self {
        Self { source, after: Cell::new(None), before: Cell::new((0, None)) }
    }

    /// The bytes of code and string literals that are no white space, in a range.
    pub(super) fn within(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, u8)> {
        let bytes = self.source.text.as_bytes().get(range.clone()).unwrap_or_default();
        let numbered =
            bytes.iter().copied().enumerate().map(move |(index, byte)| (range.start + index, byte));
        numbered
            .filter(|(at, byte)| !byte.is_ascii_whitespace() && self.source.region_at(*at) != Region::Comment)
    }

    /// The first byte of code at this place or later.
    pub(super) fn first_from(&self, from: usize) -> Option<usize> {
        if let Some((known, found)) = self.after.get()
            && known <= from
            && found.is_none_or(|found| from <= found)
        {
            return found;
        }
        let found = self.within(from..self.source.text.len()).next().map(|(at, _)| at);
        self.after.set(Some((from, found)));
        found
    }

    /// The last byte of code before this place.
    pub(super) fn last_before(&self, to: usize) -> Option<usize> {
        let (known, last) = self.before.get();
        let found = match last {
            _ if known <= to => self.within(known..to).next_back().map(|(at, _)| at).or(last),
            Some(last) if to <= last => self.within(0..to).next_back().map(|(at, _)| at),
            last => last,
        };
        self.before.set((to, found));
        found
    }
}
