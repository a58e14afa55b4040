//! The styles of the dashboard. Colour is never the only sign of anything, so that it can be left out.

use ratatui::style::Style;

pub(super) const PLAIN: Style = Style::new();
/// Titles and names of keys.
pub(super) const STRONG: Style = Style::new().bold().cyan();
/// Additions: origins, rules, hints.
pub(super) const QUIET: Style = Style::new().dim();
pub(super) const GOOD: Style = Style::new().green();
pub(super) const WARNING: Style = Style::new().bold().yellow();
pub(super) const BAD: Style = Style::new().bold().red();
/// The selection of the pane that has the focus.
pub(super) const SELECTED: Style = Style::new().reversed().not_dim();
/// What runs is not what the files contain.
pub(super) const ALARM: Style = Style::new().reversed().bold().red();
/// What runs is right, and something else is not.
pub(super) const NOTICE: Style = Style::new().reversed().bold().yellow();
