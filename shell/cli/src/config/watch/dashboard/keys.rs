//! The keys of the dashboard.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::movement::Movement;
use super::popup::Popup;
use super::{Dashboard, DashboardCommand, Focus};

fn movement(code: KeyCode) -> Option<Movement> {
    Some(match code {
        KeyCode::Up | KeyCode::Char('k') => Movement::Up,
        KeyCode::Down | KeyCode::Char('j') => Movement::Down,
        KeyCode::PageUp => Movement::PageUp,
        KeyCode::PageDown => Movement::PageDown,
        KeyCode::Home | KeyCode::Char('g') => Movement::First,
        KeyCode::End | KeyCode::Char('G') => Movement::Last,
        _ => return None,
    })
}

impl Dashboard {
    /// Ctrl-C always quits, and Ctrl-Z always stops the process; other keys go to the popup if one is open, else to the filter while it is typed.
    pub(super) fn press(&mut self, key: KeyEvent) -> DashboardCommand {
        if key.kind == KeyEventKind::Release {
            return DashboardCommand::None;
        }
        let modifiers = key.modifiers.difference(KeyModifiers::SHIFT);
        // Windows reports AltGr, which types characters, as both.
        let types_a_character =
            modifiers.is_empty() || modifiers == KeyModifiers::CONTROL.union(KeyModifiers::ALT);
        let code = match key.code {
            KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_ascii_uppercase())
            }
            code => code,
        };
        match code {
            KeyCode::Char('c' | 'C') if modifiers == KeyModifiers::CONTROL => return DashboardCommand::Quit,
            KeyCode::Char('z') if modifiers == KeyModifiers::CONTROL => return DashboardCommand::Stop,
            KeyCode::Char('u') if modifiers == KeyModifiers::CONTROL && self.is_typing => {
                self.leaves.set_filter("")
            }
            KeyCode::Char(_) if !types_a_character => {}
            code => {
                self.reply = None;
                if self.popup.is_some() {
                    self.press_in_popup(code);
                } else if self.is_typing {
                    self.type_filter(code);
                } else {
                    return self.press_in_panes(code);
                }
            }
        }
        DashboardCommand::None
    }

    fn press_in_panes(&mut self, code: KeyCode) -> DashboardCommand {
        if let Some(movement) = movement(code) {
            self.move_by(movement);
            return DashboardCommand::None;
        }
        match code {
            KeyCode::Char('q') => return DashboardCommand::Quit,
            KeyCode::Char('r') => return DashboardCommand::Reload,
            KeyCode::Char('b') => return DashboardCommand::ToggleBusy,
            KeyCode::Char('e') | KeyCode::Enter => {
                return self
                    .leaves
                    .selected_key()
                    .map_or(DashboardCommand::None, |key| DashboardCommand::Explain(key.into()));
            }
            KeyCode::Char('/') => {
                self.is_typing = true;
                self.focus = Focus::Leaves;
            }
            KeyCode::Char('?') => self.popup = Some(Popup::help()),
            KeyCode::Esc => self.leaves.set_filter(""),
            KeyCode::Tab | KeyCode::BackTab => self.switch_focus(),
            _ => {}
        }
        DashboardCommand::None
    }

    fn type_filter(&mut self, code: KeyCode) {
        let filter = self.leaves.filter();
        match code {
            KeyCode::Char(c) if !c.is_control() => self.leaves.set_filter(format!("{filter}{c}")),
            KeyCode::Backspace if filter.is_empty() => self.is_typing = false,
            KeyCode::Backspace => {
                let mut shorter = filter.to_owned();
                shorter.pop();
                self.leaves.set_filter(shorter);
            }
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.leaves.set_filter("");
                self.is_typing = false;
            }
            KeyCode::Tab | KeyCode::BackTab => {
                self.is_typing = false;
                self.switch_focus();
            }
            code => movement(code).into_iter().for_each(|movement| self.move_by(movement)),
        }
    }

    fn press_in_popup(&mut self, code: KeyCode) {
        match (code, &mut self.popup) {
            (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'e' | '?'), popup) => *popup = None,
            (code, Some(popup)) => {
                movement(code).into_iter().for_each(|movement| popup.text.scroll(movement))
            }
            (_, None) => {}
        }
    }

    fn move_by(&mut self, movement: Movement) {
        match (self.focus, movement) {
            (Focus::Leaves, movement) => self.leaves.move_selection(movement),
            (Focus::Events, Movement::Last) => self.events.follow(),
            (Focus::Events, movement) => self.events.scroll(movement),
        }
    }

    fn switch_focus(&mut self) {
        self.focus = match self.focus {
            Focus::Leaves => Focus::Events,
            Focus::Events => Focus::Leaves,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::DashboardMessage;
    use crate::config::watch::dashboard::tests::{dashboard as sample, drawn, leaves, press, write};

    fn hold(dashboard: &mut Dashboard, modifiers: KeyModifiers, c: char) -> DashboardCommand {
        dashboard.update(DashboardMessage::Key(KeyEvent::new(KeyCode::Char(c), modifiers)))
    }

    fn selected(dashboard: &Dashboard) -> &str {
        dashboard.leaves.selected_key().unwrap_or_default()
    }

    #[test]
    fn command_keys_return_their_commands() {
        let mut dashboard = sample();
        let first = || DashboardCommand::Explain("hot_reload.debounce_ms".into());
        for (code, command) in [
            (KeyCode::Char('r'), DashboardCommand::Reload),
            (KeyCode::Char('b'), DashboardCommand::ToggleBusy),
            (KeyCode::Char('e'), first()),
            (KeyCode::Enter, first()),
            (KeyCode::Char('q'), DashboardCommand::Quit),
            (KeyCode::Char('x'), DashboardCommand::None),
            (KeyCode::F(1), DashboardCommand::None),
            (KeyCode::Esc, DashboardCommand::None),
        ] {
            assert_eq!(press(&mut dashboard, code), command, "{code:?}");
        }
    }

    #[test]
    fn ctrl_c_quits_and_ctrl_z_stops_from_everywhere_and_other_chords_do_nothing() {
        let mut dashboard = sample();
        for enter in [KeyCode::Null, KeyCode::Char('/'), KeyCode::Enter, KeyCode::Char('?')] {
            press(&mut dashboard, enter);
            assert_eq!(hold(&mut dashboard, KeyModifiers::CONTROL, 'c'), DashboardCommand::Quit, "{enter:?}");
            assert_eq!(hold(&mut dashboard, KeyModifiers::CONTROL, 'z'), DashboardCommand::Stop, "{enter:?}");
        }
        let mut dashboard = sample();
        for (modifiers, c) in
            [(KeyModifiers::CONTROL, 'r'), (KeyModifiers::ALT, 'q'), (KeyModifiers::SUPER, 'q')]
        {
            assert_eq!(hold(&mut dashboard, modifiers, c), DashboardCommand::None);
        }
    }

    #[test]
    fn a_key_that_is_released_does_nothing() {
        let released = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(sample().update(DashboardMessage::Key(released)), DashboardCommand::None);
    }

    #[test]
    fn the_selection_moves_by_arrows_and_letters() {
        let mut dashboard = sample();
        drawn(&mut dashboard, 80, 23, false);
        let keys: Vec<String> = leaves().into_iter().map(|leaf| leaf.key).collect();
        for (code, index) in [
            (KeyCode::Down, 1),
            (KeyCode::Char('j'), 2),
            (KeyCode::Char('k'), 1),
            (KeyCode::Up, 0),
            (KeyCode::End, keys.len() - 1),
            (KeyCode::Char('g'), 0),
            (KeyCode::Char('G'), keys.len() - 1),
            (KeyCode::Home, 0),
            (KeyCode::PageDown, 10),
            (KeyCode::PageUp, 0),
        ] {
            press(&mut dashboard, code);
            assert_eq!(selected(&dashboard), keys[index], "{code:?}");
        }
        hold(&mut dashboard, KeyModifiers::SHIFT, 'g');
        assert_eq!(selected(&dashboard), keys[keys.len() - 1]);
    }

    #[test]
    fn tab_moves_the_focus_to_the_events_and_back() {
        let mut dashboard = sample();
        drawn(&mut dashboard, 80, 12, false);
        press(&mut dashboard, KeyCode::Tab);
        press(&mut dashboard, KeyCode::Char('g'));
        assert!(dashboard.events.is_scrolled());
        assert_eq!(selected(&dashboard), "hot_reload.debounce_ms");
        press(&mut dashboard, KeyCode::End);
        assert!(!dashboard.events.is_scrolled());
        press(&mut dashboard, KeyCode::BackTab);
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(selected(&dashboard), leaves()[1].key);
    }

    #[test]
    fn the_filter_works_while_it_is_typed() {
        let mut dashboard = sample();
        press(&mut dashboard, KeyCode::Tab);
        write(&mut dashboard, "/GPT");
        assert_eq!(dashboard.focus, Focus::Leaves);
        assert_eq!((dashboard.leaves.filter(), selected(&dashboard)), ("GPT", "models.gpt_pro.model"));
        write(&mut dashboard, "q?rbj");
        assert_eq!((dashboard.leaves.filter(), selected(&dashboard)), ("GPTq?rbj", ""));
        (0..5).for_each(|_| drop(press(&mut dashboard, KeyCode::Backspace)));
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(selected(&dashboard), "models.gpt_pro.provider");
        press(&mut dashboard, KeyCode::Enter);
        assert_eq!(press(&mut dashboard, KeyCode::Char('r')), DashboardCommand::Reload, "typing has ended");
        write(&mut dashboard, "/_");
        assert_eq!(dashboard.leaves.filter(), "GPT_", "the filter is continued");
        press(&mut dashboard, KeyCode::Esc);
        assert_eq!((dashboard.leaves.filter(), dashboard.is_typing), ("", false));
        assert_eq!(selected(&dashboard), "models.gpt_pro.provider");
    }

    #[test]
    fn a_filter_is_edited_and_ended_by_several_keys() {
        let mut dashboard = sample();
        write(&mut dashboard, "/");
        press(&mut dashboard, KeyCode::Backspace);
        assert!(!dashboard.is_typing, "there is nothing to delete");
        write(&mut dashboard, "/ab");
        hold(&mut dashboard, KeyModifiers::CONTROL, 'u');
        assert_eq!((dashboard.leaves.filter(), dashboard.is_typing), ("", true));
        hold(&mut dashboard, KeyModifiers::CONTROL.union(KeyModifiers::ALT), '@');
        hold(&mut dashboard, KeyModifiers::SHIFT, 'x');
        write(&mut dashboard, "\u{1b}\n");
        assert_eq!(dashboard.leaves.filter(), "@X");
        press(&mut dashboard, KeyCode::Tab);
        assert_eq!((dashboard.focus, dashboard.is_typing), (Focus::Events, false));
        press(&mut dashboard, KeyCode::Esc);
        assert_eq!(dashboard.leaves.filter(), "");
    }

    #[test]
    fn without_a_selection_nothing_is_explained() {
        let mut dashboard = sample();
        write(&mut dashboard, "/no such key");
        press(&mut dashboard, KeyCode::Enter);
        assert_eq!(press(&mut dashboard, KeyCode::Char('e')), DashboardCommand::None);
    }

    #[test]
    fn a_popup_takes_all_keys_until_it_is_closed() {
        for close in [KeyCode::Esc, KeyCode::Enter, KeyCode::Char('q'), KeyCode::Char('e')] {
            let mut dashboard = sample();
            dashboard
                .update(DashboardMessage::Explained { key: "k".into(), text: Some("one\ntwo\n".into()) });
            for code in
                [KeyCode::Char('r'), KeyCode::Char('b'), KeyCode::Char('/'), KeyCode::Down, KeyCode::Tab]
            {
                assert_eq!(press(&mut dashboard, code), DashboardCommand::None, "{code:?}");
            }
            assert_eq!((selected(&dashboard), dashboard.is_typing), ("hot_reload.debounce_ms", false));
            assert_eq!(press(&mut dashboard, close), DashboardCommand::None);
            assert!(dashboard.popup.is_none(), "{close:?}");
        }
    }

    #[test]
    fn a_reply_is_shown_until_the_next_one() {
        let mut dashboard = sample();
        dashboard.update(DashboardMessage::Replied("nothing\u{7} changed".into()));
        assert_eq!(dashboard.reply.as_deref(), Some("nothing\\u{7} changed"));
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(dashboard.reply, None);
        dashboard.update(DashboardMessage::Explained { key: "a\u{202e}b".into(), text: None });
        assert_eq!(dashboard.reply.as_deref(), Some("`a\\u{202e}b` is unknown"));
    }
}
