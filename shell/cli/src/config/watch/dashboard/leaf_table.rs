//! The table of leaves of the resolved configuration, with a filter and a selection.

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::buffer::CellWidth as _;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{HighlightSpacing, Row, Table, TableState};

use super::Leaf;
use super::movement::Movement;
use super::text::{clip, clip_keeping_end, visible};
use super::theme::{PLAIN, QUIET, SELECTED, STRONG, WARNING};

/// In characters.
const LONGEST_FILTER: usize = 200;

/// In cells: the selection symbol, and the mark before a key.
const MARKS: u16 = 3;
/// In cells: narrower tables show no origins, which `explain` shows too.
const NARROW: u16 = 44;
/// In cells: between two columns.
const GAP: u16 = 2;

/// The leaves, and which of them are shown.
#[derive(Debug, Default)]
pub(super) struct LeafTable {
    entries: Vec<Entry>,
    /// The indices of the entries that pass the filter, in order.
    passing: Vec<usize>,
    filter: String,
    /// The entry that the user chose; it is selected while it passes the filter.
    chosen: usize,
    /// The selection, as an index into `passing`.
    state: TableState,
    /// The keys that the last reload changed.
    changed: BTreeSet<String>,
    /// In rows, when last drawn.
    height: u16,
}

/// A leaf, and the texts that are drawn of it.
#[derive(Debug)]
struct Entry {
    key: String,
    shown: Leaf,
    /// The three texts that the filter searches, in lower case and on a line each.
    folded: String,
}

impl LeafTable {
    /// Shows a new configuration. The selection stays at its key, or at its index where the key is gone.
    pub(super) fn replace(&mut self, leaves: Vec<Leaf>) {
        let chosen = self.entries.get(self.chosen).map(|entry| entry.key.clone());
        self.entries = leaves.into_iter().map(Entry::new).collect();
        let found = chosen.and_then(|key| self.entries.iter().position(|entry| entry.key == key));
        self.chosen = found.unwrap_or(self.chosen.min(self.entries.len().saturating_sub(1)));
        self.apply_filter();
    }

    /// Marks the keys that a reload changed, and no others.
    pub(super) fn mark(&mut self, changed: BTreeSet<String>) {
        self.changed = changed;
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// Shows only leaves with this text in their key, value or origin, in any case.
    pub(super) fn set_filter(&mut self, filter: impl Into<String>) {
        self.filter = filter.into();
        if let Some((end, _)) = self.filter.char_indices().nth(LONGEST_FILTER) {
            self.filter.truncate(end);
        }
        self.apply_filter();
    }

    pub(super) fn move_selection(&mut self, movement: Movement) {
        let Some(last) = self.passing.len().checked_sub(1) else { return };
        let selected = movement.apply(self.state.selected().unwrap_or_default(), self.height).min(last);
        self.state.select(Some(selected));
        self.chosen = self.passing.get(selected).copied().unwrap_or(self.chosen);
    }

    /// The key of the selection; `None` if nothing passes the filter.
    pub(super) fn selected_key(&self) -> Option<&str> {
        let index = self.passing.get(self.state.selected()?)?;
        self.entries.get(*index).map(|entry| &*entry.key)
    }

    /// The number of the selection from 1, how many leaves pass the filter, and how many there are.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        (self.state.selected().map_or(0, |index| index + 1), self.passing.len(), self.entries.len())
    }

    /// Draws the leaves; `!` marks those that wait for a restart, and `*` those that the last reload changed.
    pub(super) fn draw(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        pending_restart: &BTreeSet<String>,
        has_focus: bool,
    ) {
        self.height = area.height;
        // After a filter or on a taller screen, no row below the last one is left empty.
        let fullest = self.passing.len().saturating_sub(usize::from(area.height));
        *self.state.offset_mut() = self.state.offset().min(fullest);
        let [key, value, origin] = self.columns(area.width);
        let rows = self.passing.iter().filter_map(|index| self.entries.get(*index)).map(|entry| {
            let (mark, style) = match entry {
                entry if is_at_or_below(&entry.key, pending_restart) => ("! ", WARNING),
                entry if is_at_or_below(&entry.key, &self.changed) => ("* ", WARNING),
                _ => ("  ", STRONG),
            };
            let leaf = &entry.shown;
            Row::new([
                Line::from_iter([Span::raw(mark), Span::raw(clip_keeping_end(&leaf.key, key))]).style(style),
                Line::raw(clip(&leaf.value, value)),
                Line::styled(clip_keeping_end(&leaf.origin, origin), QUIET),
            ])
        });
        let table = Table::new(rows, [key + MARKS - 1, value, origin].map(Constraint::Length))
            .column_spacing(GAP)
            .highlight_symbol(Span::styled(">", STRONG))
            .highlight_spacing(HighlightSpacing::Always)
            .row_highlight_style(if has_focus { SELECTED } else { PLAIN });
        frame.render_stateful_widget(table, area, &mut self.state);
    }

    /// The widths of key, value and origin in cells: at most an equal share each, then more of what is left.
    fn columns(&self, width: u16) -> [u16; 3] {
        let room = width.saturating_sub(MARKS + 2 * GAP);
        let widest = |text: fn(&Leaf) -> &String| {
            self.entries.iter().map(|entry| text(&entry.shown).cell_width()).max().unwrap_or_default()
        };
        let (share, origin) =
            if room < NARROW { (room / 2, 0) } else { (room / 3, widest(|leaf| &leaf.origin)) };
        let needs = [widest(|leaf| &leaf.key), widest(|leaf| &leaf.value), origin];
        let mut widths = needs.map(|need| need.min(share));
        let mut rest = room - widths.iter().sum::<u16>();
        for (width, need) in widths.iter_mut().zip(needs) {
            let more = rest.min(need - *width);
            (*width, rest) = (*width + more, rest - more);
        }
        widths
    }

    fn apply_filter(&mut self) {
        let filter = self.filter.to_lowercase();
        let entries = self.entries.iter().enumerate();
        self.passing =
            entries.filter(|(_, entry)| entry.folded.contains(&filter)).map(|(index, _)| index).collect();
        let next = self.passing.partition_point(|index| *index < self.chosen);
        self.state.select(self.passing.len().checked_sub(1).map(|last| next.min(last)));
    }
}

impl Entry {
    fn new(leaf: Leaf) -> Self {
        let folded = format!("{}\n{}\n{}", leaf.key, leaf.value, leaf.origin).to_lowercase();
        let Leaf { key, value, origin } = &leaf;
        let shown = Leaf { key: visible(key), value: visible(value), origin: visible(origin) };
        Self { key: leaf.key, shown, folded }
    }
}

/// Whether `keys` contains the key, or a table or list that contains it.
fn is_at_or_below(key: &str, keys: &BTreeSet<String>) -> bool {
    let above = key.match_indices(['.', '[']).filter_map(|(end, _)| key.get(..end));
    !keys.is_empty() && above.chain([key, ""]).any(|key| keys.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(key: &str) -> Leaf {
        Leaf { key: key.into(), value: format!("{}-value", key.len()), origin: "a.toml:1:1".into() }
    }

    fn table<const N: usize>(keys: [&str; N]) -> LeafTable {
        let mut table = LeafTable::default();
        table.replace(keys.map(leaf).into());
        table
    }

    #[test]
    fn the_selection_stays_at_its_key_when_the_configuration_changes() {
        let mut table = table(["b", "d", "f"]);
        table.move_selection(Movement::Down);
        table.replace(["a", "b", "c", "d", "f"].map(leaf).into());
        assert_eq!(table.selected_key(), Some("d"));
        table.replace(["a", "b", "c", "f"].map(leaf).into());
        assert_eq!(table.selected_key(), Some("f"), "its index, where the key is gone");
        table.replace(Vec::new());
        assert_eq!((table.selected_key(), table.counts()), (None, (0, 0, 0)));
    }

    #[test]
    fn a_filter_searches_key_value_and_origin_in_any_case() {
        let mut table = LeafTable::default();
        let leaves = [("Ärger.ON", "1", "x"), ("b", "Önd", "x"), ("c", "1", "On.toml:1:1"), ("d", "2", "x")];
        let leaf = |(key, value, origin): (&str, &str, &str)| Leaf {
            key: key.into(),
            value: value.into(),
            origin: origin.into(),
        };
        table.replace(leaves.map(leaf).into());
        for (filter, expected) in [
            ("on", vec!["Ärger.ON", "c"]),
            ("ÖND", vec!["b"]),
            ("ärger", vec!["Ärger.ON"]),
            ("ON.TOML", vec!["c"]),
            ("b1", vec![]),
            ("", vec!["Ärger.ON", "b", "c", "d"]),
        ] {
            table.set_filter(filter);
            let passing: Vec<_> = table.passing.iter().map(|index| &*table.entries[*index].key).collect();
            assert_eq!(passing, expected, "{filter:?}");
        }
    }

    #[test]
    fn the_chosen_leaf_is_selected_again_when_it_passes_the_filter() {
        let mut table = table(["aa", "ab", "ba", "bb"]);
        table.move_selection(Movement::Down);
        for (filter, selected) in [("b", "ab"), ("ba", "ba"), ("bax", ""), ("aa", "aa"), ("", "ab")] {
            table.set_filter(filter);
            assert_eq!(table.selected_key().unwrap_or_default(), selected, "{filter}");
        }
        table.set_filter("bax");
        table.move_selection(Movement::Down);
        table.set_filter("");
        assert_eq!(table.selected_key(), Some("ab"), "nothing moves while no row is shown");
    }

    #[test]
    fn a_change_of_a_table_or_list_marks_the_keys_below_it() {
        let changed = ["a".into(), "l".into(), "x.y".into()].into();
        let marked = ["a.b", "ab", "l[0]", "x.y"].map(|key| is_at_or_below(key, &changed));
        assert_eq!(marked, [true, false, true, true]);
        assert!(is_at_or_below("a", &[String::new()].into()), "the root");
        assert!(!is_at_or_below("a", &BTreeSet::new()));
    }

    #[test]
    fn a_long_filter_is_truncated() {
        let mut table = table(["a"]);
        table.set_filter("世".repeat(500));
        assert_eq!(table.filter().chars().count(), LONGEST_FILTER);
    }
}
