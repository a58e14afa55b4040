//! Finds many literals by skipping bytes that cannot end one (Wu and Manber, "A Fast Algorithm for Multi-Pattern Searching", 1994).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::literals::Literal;

/// The bytes of a block.
const BLOCK: usize = 3;
/// The number of shifts: a power of two.
const SHIFTS: usize = 1 << 15;
const MAX_LENGTH: usize = 32;

/// Finds the last bytes of each literal, so many that the shortest literal has them.
#[derive(Clone, Debug)]
pub(super) struct ShiftSearch {
    length: usize,
    /// How far the search may go on after each block. Blocks may share a place: the shift is that of the nearest.
    shifts: Vec<u8>,
    /// The literals that end with each block, by its place.
    literals: BTreeMap<usize, Vec<usize>>,
    max_offset: usize,
}

impl ShiftSearch {
    /// `None` if a literal is shorter than a block.
    pub(super) fn new(literals: &[Literal]) -> Option<Self> {
        let length = literals.iter().map(|literal| literal.text.len()).min()?.min(MAX_LENGTH);
        let longest = literals.iter().map(|literal| literal.text.len()).max()?;
        let none = u8::try_from(length.checked_sub(BLOCK)? + 1).ok()?;
        let mut search = Self {
            length,
            shifts: alloc::vec![none; SHIFTS],
            literals: BTreeMap::new(),
            max_offset: longest - length,
        };
        for (index, literal) in literals.iter().enumerate() {
            let end = literal.text.get(literal.text.len() - length..)?;
            for (distance, block) in end.windows(BLOCK).rev().enumerate() {
                let place = place(block);
                let shift = search.shifts.get_mut(place)?;
                *shift = u8::try_from(distance).ok()?.min(*shift);
                if distance == 0 {
                    search.literals.entry(place).or_default().push(index);
                }
            }
        }
        Some(search)
    }

    /// A byte before which no literal begins; `None` if the text has none.
    pub(super) fn find(&self, literals: &[Literal], text: &[u8]) -> Option<usize> {
        let mut end = self.length;
        while let Some(block) = text.get(end - BLOCK..end) {
            let place = place(block);
            let shift = self.shifts.get(place).copied().unwrap_or_default();
            if shift > 0 {
                end += usize::from(shift);
                continue;
            }
            let ends = |literal: &Literal| {
                let start = end.checked_sub(literal.text.len());
                start.is_some_and(|start| literal.is_at(text, start))
            };
            let candidates = self.literals.get(&place).into_iter().flatten();
            if candidates.filter_map(|index| literals.get(*index)).any(ends) {
                return Some((end - self.length).saturating_sub(self.max_offset));
            }
            end += 1;
        }
        None
    }
}

/// The place of a block in any case.
fn place(block: &[u8]) -> usize {
    let bits = block.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte | 0x20));
    // The high bits of a product with an odd number depend on all bits.
    (bits.wrapping_mul(0x9E37_79B1) >> (32 - SHIFTS.trailing_zeros())) as usize
}
