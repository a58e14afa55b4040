//! The resolved tree as a list of leaves: filtered, scrolled, one of them selected.

use std::collections::BTreeSet;

use super::Leaf;
use super::keys::Step;
use super::text::{MOST_CHARACTERS, visible, width};

/// In characters.
const LONGEST_FILTER: usize = 200;

/// The leaves and which of them are seen.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: Vec<Entry>,
    /// The entries that the filter lets through, in their order.
    passing: Vec<usize>,
    filter: String,
    /// The entry that was chosen; it is selected while the filter lets it through.
    chosen: usize,
    /// The index in `passing` of the selection.
    selected: usize,
    /// The index in `passing` of the first that is seen.
    first_seen: usize,
    /// The keys that the last reload changed.
    changed: BTreeSet<String>,
    widest: Widths,
}

/// A leaf and what of it is shown.
#[derive(Debug)]
struct Entry {
    key: String,
    shown: Leaf,
    /// What the filter looks into: the three texts in lower case, apart from each other.
    folded: String,
}

/// How many cells the widest key, value and origin take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) key: usize,
    pub(super) value: usize,
    pub(super) origin: usize,
}

/// A leaf on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen<'a> {
    /// Visible: without control characters.
    pub(super) leaf: &'a Leaf,
    /// The key as it was given.
    pub(super) key: &'a str,
    pub(super) is_selected: bool,
    /// Whether the last reload changed it.
    pub(super) is_changed: bool,
}

impl Tree {
    /// Takes a new configuration. The selection stays at its key, and at its place where the key is gone.
    pub(super) fn replace(&mut self, leaves: Vec<Leaf>) {
        let chosen = self.entries.get(self.chosen).map(|entry| entry.key.clone());
        self.widest = Widths::default();
        self.entries = leaves.into_iter().map(Entry::of).collect();
        for Entry { shown, .. } in &self.entries {
            self.widest.key = self.widest.key.max(width(&shown.key));
            self.widest.value = self.widest.value.max(width(&shown.value));
            self.widest.origin = self.widest.origin.max(width(&shown.origin));
        }
        let found = chosen.and_then(|key| self.entries.iter().position(|entry| entry.key == key));
        self.chosen = found.unwrap_or(self.chosen.min(self.entries.len().saturating_sub(1)));
        self.pass();
    }

    /// Marks what a reload changed, and nothing else.
    pub(super) fn mark(&mut self, changed: BTreeSet<String>) {
        self.changed = changed;
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// Shows only what has this text in its key, value or origin, in whatever case.
    pub(super) fn set_filter(&mut self, filter: impl Into<String>) {
        self.filter = filter.into();
        if let Some((end, _)) = self.filter.char_indices().nth(LONGEST_FILTER) {
            self.filter.truncate(end);
        }
        self.pass();
    }

    pub(super) fn go(&mut self, step: Step, height: usize) {
        let page = height.saturating_sub(1).max(1);
        let last = self.passing.len().saturating_sub(1);
        self.selected = match step {
            Step::Up => self.selected.saturating_sub(1),
            Step::Down => self.selected + 1,
            Step::PageUp => self.selected.saturating_sub(page),
            Step::PageDown => self.selected + page,
            Step::First => 0,
            Step::Last => last,
        }
        .min(last);
        self.chosen = self.passing.get(self.selected).copied().unwrap_or(self.chosen);
    }

    pub(super) fn keep_in_view(&mut self, height: usize) {
        self.first_seen = self.first_in_view(height);
    }

    /// The key of the selection; `None` where nothing passes the filter.
    pub(super) fn selected_key(&self) -> Option<&str> {
        self.passing.get(self.selected).and_then(|index| self.entries.get(*index)).map(|entry| &*entry.key)
    }

    /// The number of the selection from 1, how many pass the filter, and how many leaves there are.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        ((self.selected + 1).min(self.passing.len()), self.passing.len(), self.entries.len())
    }

    pub(super) fn widest(&self) -> Widths {
        self.widest
    }

    /// The leaves that are seen in so many rows; nothing is made for the others.
    pub(super) fn seen(&self, height: usize) -> impl Iterator<Item = Seen<'_>> {
        let first = self.first_in_view(height);
        let indices = self.passing.iter().enumerate().skip(first).take(height);
        indices.filter_map(|(position, index)| {
            self.entries.get(*index).map(|entry| Seen {
                leaf: &entry.shown,
                key: &entry.key,
                is_selected: position == self.selected,
                is_changed: is_at_or_below(&entry.key, &self.changed),
            })
        })
    }

    fn first_in_view(&self, height: usize) -> usize {
        let lowest = (self.selected + 1).saturating_sub(height);
        let fullest = self.passing.len().saturating_sub(height);
        self.first_seen.min(fullest).clamp(lowest.min(self.selected), self.selected)
    }

    fn pass(&mut self) {
        let filter = self.filter.to_lowercase();
        let entries = self.entries.iter().enumerate();
        self.passing =
            entries.filter(|(_, entry)| entry.folded.contains(&filter)).map(|(index, _)| index).collect();
        let next = self.passing.partition_point(|index| *index < self.chosen);
        self.selected = next.min(self.passing.len().saturating_sub(1));
    }
}

impl Entry {
    fn of(leaf: Leaf) -> Self {
        let folded = format!("{}\n{}\n{}", leaf.key, leaf.value, leaf.origin).to_lowercase();
        let shown = |text: &str| visible(text, MOST_CHARACTERS).into_owned();
        let shown = Leaf { key: shown(&leaf.key), value: shown(&leaf.value), origin: shown(&leaf.origin) };
        Self { key: leaf.key, shown, folded }
    }
}

/// Tells whether a key, or a table or list that it lies in, is among the keys.
pub(super) fn is_at_or_below(key: &str, keys: &BTreeSet<String>) -> bool {
    let above = key.match_indices(['.', '[']).filter_map(|(end, _)| key.get(..end));
    !keys.is_empty() && above.chain([key, ""]).any(|key| keys.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(key: &str) -> Leaf {
        Leaf { key: key.into(), value: format!("{}-value", key.len()), origin: "a.toml:1:1".into() }
    }

    fn tree(keys: &[&str]) -> Tree {
        let mut tree = Tree::default();
        tree.replace(keys.iter().copied().map(leaf).collect());
        tree
    }

    fn seen(tree: &Tree, height: usize) -> Vec<&str> {
        tree.seen(height).map(|seen| seen.key).collect()
    }

    #[test]
    fn the_selection_stays_at_its_key_when_the_configuration_changes() {
        let mut tree = tree(&["b", "d", "f"]);
        tree.go(Step::Down, 9);
        tree.replace(["a", "b", "c", "d", "f"].map(leaf).into());
        assert_eq!(tree.selected_key(), Some("d"));
        tree.replace(["a", "b", "c", "f"].map(leaf).into());
        assert_eq!(tree.selected_key(), Some("f"), "its place, where the key is gone");
        tree.replace(Vec::new());
        assert_eq!((tree.selected_key(), tree.counts()), (None, (0, 0, 0)));
    }

    #[test]
    fn a_filter_looks_into_key_value_and_origin_in_any_case() {
        let mut tree = Tree::default();
        let of = |key: &str, value: &str, origin: &str| Leaf {
            key: key.into(),
            value: value.into(),
            origin: origin.into(),
        };
        tree.replace(vec![
            of("Ärger.ON", "1", "x"),
            of("b", "Önd", "x"),
            of("c", "1", "On.toml:1:1"),
            of("d", "2", "x"),
        ]);
        for (filter, expected) in [
            ("on", vec!["Ärger.ON", "c"]),
            ("ÖND", vec!["b"]),
            ("ärger", vec!["Ärger.ON"]),
            ("ON.TOML", vec!["c"]),
            ("b1", vec![]),
            ("", vec!["Ärger.ON", "b", "c", "d"]),
        ] {
            tree.set_filter(filter);
            assert_eq!(seen(&tree, 9), expected, "{filter:?}");
        }
    }

    #[test]
    fn what_was_chosen_is_selected_again_when_the_filter_lets_it_through() {
        let mut tree = tree(&["aa", "ab", "ba", "bb"]);
        tree.go(Step::Down, 9);
        for (filter, selected) in [("b", "ab"), ("ba", "ba"), ("bax", ""), ("aa", "aa"), ("", "ab")] {
            tree.set_filter(filter);
            assert_eq!(tree.selected_key().unwrap_or_default(), selected, "{filter}");
        }
        tree.set_filter("bax");
        tree.go(Step::Down, 9);
        tree.set_filter("");
        assert_eq!(tree.selected_key(), Some("ab"), "no step is made where nothing is seen");
    }

    #[test]
    fn every_step_goes_where_it_says_and_stays_in_view() {
        let keys: Vec<String> = (0..20).map(|number| format!("k{number:02}")).collect();
        let mut tree = tree(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        for (step, selected, first) in [
            (Step::Up, "k00", "k00"),
            (Step::Down, "k01", "k00"),
            (Step::PageDown, "k04", "k01"),
            (Step::Down, "k05", "k02"),
            (Step::Up, "k04", "k02"),
            (Step::PageUp, "k01", "k01"),
            (Step::Last, "k19", "k16"),
            (Step::PageDown, "k19", "k16"),
            (Step::First, "k00", "k00"),
        ] {
            tree.go(step, 4);
            tree.keep_in_view(4);
            assert_eq!(
                (tree.selected_key(), seen(&tree, 4).first().copied()),
                (Some(selected), Some(first)),
                "{step:?}"
            );
        }
    }

    #[test]
    fn a_taller_view_is_filled() {
        let mut tree = tree(&["a", "b", "c", "d"]);
        tree.go(Step::Last, 2);
        tree.keep_in_view(2);
        assert_eq!(seen(&tree, 2), ["c", "d"]);
        assert_eq!(seen(&tree, 3), ["b", "c", "d"]);
        assert_eq!(seen(&tree, 0), [""; 0]);
    }

    #[test]
    fn a_change_of_a_table_or_list_marks_what_lies_in_it() {
        let mut tree = tree(&["a.b", "ab", "l[0]", "x.y"]);
        tree.mark(BTreeSet::from(["a".into(), "l".into(), "x.y".into()]));
        let marked: Vec<_> = tree.seen(9).map(|seen| seen.is_changed).collect();
        assert_eq!(marked, [true, false, true, true]);
        tree.mark(BTreeSet::new());
        assert!(tree.seen(9).all(|seen| !seen.is_changed));
    }

    #[test]
    fn a_filter_has_an_end() {
        let mut tree = tree(&["a"]);
        tree.set_filter("世".repeat(500));
        assert_eq!(tree.filter().chars().count(), LONGEST_FILTER);
    }
}
