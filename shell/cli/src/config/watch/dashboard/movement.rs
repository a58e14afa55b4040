//! Movements through rows.

/// The direction and distance of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Movement {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

impl Movement {
    /// The row after the movement from `row`, on a screen of `height` rows; it may lie beyond the last row.
    pub(super) fn apply(self, row: usize, height: u16) -> usize {
        let page = usize::from(height).saturating_sub(1).max(1);
        match self {
            Self::Up => row.saturating_sub(1),
            Self::Down => row.saturating_add(1),
            Self::PageUp => row.saturating_sub(page),
            Self::PageDown => row.saturating_add(page),
            Self::First => 0,
            Self::Last => usize::MAX,
        }
    }
}
