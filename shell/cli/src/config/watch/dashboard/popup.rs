//! A text over the panes: an explanation, or the help.

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
Home, End     first, last; also g, G
Tab           switch between keys and events
?             this help
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
    pub(super) fn new(title: &str, text: &str) -> Self {
        let mut pager = Pager::default();
        pager.push(text.lines().map(|line| Span::raw(visible(line))));
        Self { title: visible(title), text: pager }
    }

    pub(super) fn help() -> Self {
        Self::new("keys", HELP)
    }
}
