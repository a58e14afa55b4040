//! The types around a value that is made up, which end the search at a type that lies in itself.

/// How often a type may lie in itself, as in a tree of settings.
const MAX_RECURSION: usize = 2;
/// Deeper values are not probed: their types lie in themselves in a way that has no name.
const MAX_DEPTH: usize = 64;

/// A type around the value, with the one around it.
#[derive(Clone, Copy)]
pub(super) struct Enclosing<'p> {
    /// The address of its fields, variants or name. It is the same for each value of the type.
    id: *const u8,
    depth: usize,
    above: Option<&'p Enclosing<'p>>,
}

impl<'p> Enclosing<'p> {
    /// The type as one more around the value; `None` if it lies in itself too often.
    #[inline(never)]
    pub(super) fn within(id: *const u8, above: Option<&'p Self>) -> Option<Self> {
        let repeats =
            core::iter::successors(above, |enclosing| enclosing.above).filter(|enclosing| enclosing.id == id);
        Self::at(id, above).filter(|_| repeats.count() < MAX_RECURSION)
    }

    /// A list or a map, which has no name, as one more around the value.
    pub(super) fn unnamed(above: Option<&'p Self>) -> Option<Self> {
        Self::at(core::ptr::null(), above)
    }

    fn at(id: *const u8, above: Option<&'p Self>) -> Option<Self> {
        let depth = above.map_or(0, |above| above.depth) + 1;
        (depth < MAX_DEPTH).then_some(Self { id, depth, above })
    }
}
