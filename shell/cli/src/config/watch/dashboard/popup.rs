//! A text that covers the panes.

use ratatui::text::Span;

use super::pager::Pager;
use super::text::visible;

const HELP: &str = "\
r             reload now
b             busy on/off: reloads wait while on
/             filter by key, value or origin;
              Enter keeps it, Esc clears it
Enter, e      explain the selected key
Up, Down      move; also k, j
PgUp, PgDn    move by a page
Home, End     to the first, to the last; also g, G
Tab           from the tree to the events and back
?             these keys
q, Ctrl-C     quit

>  selected
*  changed by the last reload
!  keeps its running value until a restart
";

/// A text with its title.
#[derive(Debug)]
pub(super) struct Popup {
    pub(super) title: String,
    pub(super) text: Pager,
}

impl Popup {
    /// The explanation of a key.
    pub(super) fn new(key: &str, text: &str) -> Self {
        let mut pager = Pager::default();
        pager.push(text.lines().map(|line| Span::raw(visible(line))));
        Self { title: visible(key), text: pager }
    }

    pub(super) fn help() -> Self {
        Self::new("keys", HELP)
    }
}
