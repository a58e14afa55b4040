//! A movement through rows.

/// Which way, and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

impl Step {
    /// The row that it leads to, where a screen has `height` rows; it may lie behind the last one.
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
