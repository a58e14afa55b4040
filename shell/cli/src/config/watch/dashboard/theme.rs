//! The styles of the dashboard. No meaning depends on colour alone, so that it can be turned off.

use ratatui::style::Style;

pub(super) const PLAIN: Style = Style::new();
/// Titles and keys.
pub(super) const STRONG: Style = Style::new().bold().cyan();
/// Origins, borders and hints.
pub(super) const QUIET: Style = Style::new().dim();
pub(super) const GOOD: Style = Style::new().green();
pub(super) const WARNING: Style = Style::new().bold().yellow();
pub(super) const BAD: Style = Style::new().bold().red();
/// The selection in the focused pane.
pub(super) const SELECTED: Style = Style::new().reversed().not_dim();
/// The running configuration is not that of the files.
pub(super) const ALERT: Style = Style::new().reversed().bold().red();
/// Something else needs attention.
pub(super) const NOTICE: Style = Style::new().reversed().bold().yellow();
