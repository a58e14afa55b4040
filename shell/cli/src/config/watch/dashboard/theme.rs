//! How a meaning looks. Colour adds to it and carries nothing alone.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Titles and names of keys.
    Strong,
    /// What stands beside the matter.
    Quiet,
    Good,
    Warning,
    Bad,
    /// The selection of the part that has the focus.
    Selected,
    /// What runs is not what the files say.
    Alarm,
    /// What runs is right, and something else is not.
    Notice,
}

impl Tone {
    pub(super) fn style(self, has_color: bool) -> Style {
        let (modifier, color) = match self {
            Self::Plain => (Modifier::empty(), None),
            Self::Strong => (Modifier::BOLD, Some(Color::Cyan)),
            Self::Quiet => (Modifier::DIM, None),
            Self::Good => (Modifier::empty(), Some(Color::Green)),
            Self::Warning => (Modifier::BOLD, Some(Color::Yellow)),
            Self::Bad => (Modifier::BOLD, Some(Color::Red)),
            Self::Selected => (Modifier::REVERSED, None),
            Self::Alarm => (Modifier::REVERSED.union(Modifier::BOLD), Some(Color::Red)),
            Self::Notice => (Modifier::REVERSED.union(Modifier::BOLD), Some(Color::Yellow)),
        };
        let style = Style::new().add_modifier(modifier);
        color.filter(|_| has_color).map_or(style, |color| style.fg(color))
    }
}
