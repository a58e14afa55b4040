//! What a key does.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;

use super::popup::Popup;
use super::{Command, Dashboard, Focus};

/// A movement through rows.
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
    /// The movement of a key that writes no letter.
    fn of(code: KeyCode) -> Option<Self> {
        Some(match code {
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::First,
            KeyCode::End => Self::Last,
            _ => return None,
        })
    }

    /// The movement of any key.
    fn of_any(code: KeyCode) -> Option<Self> {
        Self::of(match code {
            KeyCode::Char('k') => KeyCode::Up,
            KeyCode::Char('j') => KeyCode::Down,
            KeyCode::Char('g') => KeyCode::Home,
            KeyCode::Char('G') => KeyCode::End,
            code => code,
        })
    }
}

impl Dashboard {
    /// Ctrl-C ends from everywhere; else a popup has the keys, then the filter while it is typed.
    pub(super) fn press(&mut self, key: KeyEvent) -> Command {
        if key.kind == KeyEventKind::Release {
            return Command::None;
        }
        let held = key.modifiers.difference(KeyModifiers::SHIFT);
        // Windows reports AltGr, which writes letters, as both.
        let writes = held.is_empty() || held == KeyModifiers::CONTROL.union(KeyModifiers::ALT);
        let code = match key.code {
            KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_ascii_uppercase())
            }
            code => code,
        };
        match code {
            KeyCode::Char('c' | 'C') if held == KeyModifiers::CONTROL => return Command::Quit,
            KeyCode::Char('u') if held == KeyModifiers::CONTROL && self.is_typing => self.tree.set_filter(""),
            KeyCode::Char(_) if !writes => {}
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
        Command::None
    }

    fn press_in_panes(&mut self, code: KeyCode) -> Command {
        if let Some(step) = Step::of_any(code) {
            self.go(step);
            return Command::None;
        }
        match code {
            KeyCode::Char('q') => return Command::Quit,
            KeyCode::Char('r') => return Command::Reload,
            KeyCode::Char('b') => return Command::ToggleBusy,
            KeyCode::Char('e') | KeyCode::Enter => {
                return self.tree.selected_key().map_or(Command::None, |key| Command::Explain(key.into()));
            }
            KeyCode::Char('/') => {
                self.is_typing = true;
                self.focus = Focus::Tree;
            }
            KeyCode::Char('?') => self.popup = Some(Popup::help()),
            KeyCode::Esc => self.tree.set_filter(""),
            KeyCode::Tab | KeyCode::BackTab => self.turn_focus(),
            _ => {}
        }
        Command::None
    }

    fn type_filter(&mut self, code: KeyCode) {
        let filter = self.tree.filter();
        match code {
            KeyCode::Char(c) if !c.is_control() => self.tree.set_filter(format!("{filter}{c}")),
            KeyCode::Backspace if filter.is_empty() => self.is_typing = false,
            KeyCode::Backspace => {
                let mut shorter = filter.to_owned();
                shorter.pop();
                self.tree.set_filter(shorter);
            }
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.tree.set_filter("");
                self.is_typing = false;
            }
            KeyCode::Tab | KeyCode::BackTab => {
                self.is_typing = false;
                self.turn_focus();
            }
            code => Step::of(code).into_iter().for_each(|step| self.go(step)),
        }
    }

    fn press_in_popup(&mut self, code: KeyCode) {
        let area = self.area();
        match (code, &mut self.popup) {
            (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'e' | '?'), popup) => *popup = None,
            (code, Some(popup)) => Step::of_any(code).into_iter().for_each(|step| popup.go(step, area)),
            (_, None) => {}
        }
    }

    fn go(&mut self, step: Step) {
        let panes = self.panes(self.area());
        match self.focus {
            Focus::Tree => self.tree.go(step, usize::from(panes.tree_rows().height)),
            Focus::Log => self.log.go(step, panes.log_rows().as_size()),
        }
    }

    fn turn_focus(&mut self) {
        self.focus = match self.focus {
            Focus::Tree => Focus::Log,
            Focus::Log => Focus::Tree,
        };
    }

    pub(super) fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.width, self.size.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::{Message, samples};

    fn press(dashboard: &mut Dashboard, code: KeyCode) -> Command {
        dashboard.update(Message::Key(KeyEvent::from(code)))
    }

    fn write(dashboard: &mut Dashboard, text: &str) {
        for c in text.chars() {
            assert_eq!(press(dashboard, KeyCode::Char(c)), Command::None, "{c}");
        }
    }

    fn hold(dashboard: &mut Dashboard, modifiers: KeyModifiers, c: char) -> Command {
        dashboard.update(Message::Key(KeyEvent::new(KeyCode::Char(c), modifiers)))
    }

    fn selected(dashboard: &Dashboard) -> &str {
        dashboard.tree.selected_key().unwrap_or_default()
    }

    #[test]
    fn each_key_asks_for_what_the_footer_says() {
        let mut dashboard = samples::dashboard();
        let first = || Command::Explain("hot_reload.debounce_ms".into());
        for (code, command) in [
            (KeyCode::Char('r'), Command::Reload),
            (KeyCode::Char('b'), Command::ToggleBusy),
            (KeyCode::Char('e'), first()),
            (KeyCode::Enter, first()),
            (KeyCode::Char('q'), Command::Quit),
            (KeyCode::Char('x'), Command::None),
            (KeyCode::F(1), Command::None),
            (KeyCode::Esc, Command::None),
        ] {
            assert_eq!(press(&mut dashboard, code), command, "{code:?}");
        }
    }

    #[test]
    fn ctrl_c_ends_from_everywhere_and_other_chords_do_nothing() {
        let mut dashboard = samples::dashboard();
        for enter in [KeyCode::Null, KeyCode::Char('/'), KeyCode::Enter, KeyCode::Char('?')] {
            press(&mut dashboard, enter);
            assert_eq!(hold(&mut dashboard, KeyModifiers::CONTROL, 'c'), Command::Quit, "{enter:?}");
        }
        let mut dashboard = samples::dashboard();
        for (modifiers, c) in
            [(KeyModifiers::CONTROL, 'r'), (KeyModifiers::ALT, 'q'), (KeyModifiers::SUPER, 'q')]
        {
            assert_eq!(hold(&mut dashboard, modifiers, c), Command::None);
        }
    }

    #[test]
    fn a_key_that_is_released_does_nothing() {
        let released = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(samples::dashboard().update(Message::Key(released)), Command::None);
    }

    #[test]
    fn the_selection_moves_by_arrows_and_letters() {
        let mut dashboard = samples::dashboard();
        let keys: Vec<String> = samples::leaves().into_iter().map(|leaf| leaf.key).collect();
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
    fn a_page_is_what_the_terminal_has_room_for() {
        let mut dashboard = samples::dashboard();
        dashboard.update(Message::Resized { width: 80, height: 12 });
        press(&mut dashboard, KeyCode::PageDown);
        assert_eq!(selected(&dashboard), samples::leaves()[3].key);
    }

    #[test]
    fn tab_gives_the_keys_of_movement_to_the_events_and_back() {
        let mut dashboard = samples::dashboard();
        dashboard.update(Message::Resized { width: 80, height: 12 });
        press(&mut dashboard, KeyCode::Tab);
        press(&mut dashboard, KeyCode::Char('g'));
        assert!(dashboard.log.is_held());
        assert_eq!(selected(&dashboard), "hot_reload.debounce_ms");
        press(&mut dashboard, KeyCode::End);
        assert!(!dashboard.log.is_held());
        press(&mut dashboard, KeyCode::BackTab);
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(selected(&dashboard), samples::leaves()[1].key);
    }

    #[test]
    fn the_filter_works_while_it_is_typed() {
        let mut dashboard = samples::dashboard();
        press(&mut dashboard, KeyCode::Tab);
        write(&mut dashboard, "/GPT");
        assert_eq!(dashboard.focus, Focus::Tree);
        assert_eq!((dashboard.tree.filter(), selected(&dashboard)), ("GPT", "models.gpt_pro.model"));
        write(&mut dashboard, "q?rbj");
        assert_eq!((dashboard.tree.filter(), selected(&dashboard)), ("GPTq?rbj", ""));
        (0..5).for_each(|_| drop(press(&mut dashboard, KeyCode::Backspace)));
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(selected(&dashboard), "models.gpt_pro.provider");
        press(&mut dashboard, KeyCode::Enter);
        assert_eq!(press(&mut dashboard, KeyCode::Char('r')), Command::Reload, "typing has ended");
        write(&mut dashboard, "/_");
        assert_eq!(dashboard.tree.filter(), "GPT_", "one goes on where one was");
        press(&mut dashboard, KeyCode::Esc);
        assert_eq!((dashboard.tree.filter(), dashboard.is_typing), ("", false));
        assert_eq!(selected(&dashboard), "models.gpt_pro.provider");
    }

    #[test]
    fn a_filter_ends_in_every_way_that_a_hand_may_try() {
        let mut dashboard = samples::dashboard();
        write(&mut dashboard, "/");
        press(&mut dashboard, KeyCode::Backspace);
        assert!(!dashboard.is_typing, "nothing is left to take away");
        write(&mut dashboard, "/ab");
        hold(&mut dashboard, KeyModifiers::CONTROL, 'u');
        assert_eq!((dashboard.tree.filter(), dashboard.is_typing), ("", true));
        hold(&mut dashboard, KeyModifiers::CONTROL.union(KeyModifiers::ALT), '@');
        hold(&mut dashboard, KeyModifiers::SHIFT, 'x');
        write(&mut dashboard, "\u{1b}\n");
        assert_eq!(dashboard.tree.filter(), "@X");
        press(&mut dashboard, KeyCode::Tab);
        assert_eq!((dashboard.focus, dashboard.is_typing), (Focus::Log, false));
        press(&mut dashboard, KeyCode::Esc);
        assert_eq!(dashboard.tree.filter(), "");
    }

    #[test]
    fn nothing_is_explained_where_nothing_is_selected() {
        let mut dashboard = samples::dashboard();
        write(&mut dashboard, "/no such key");
        press(&mut dashboard, KeyCode::Enter);
        assert_eq!(press(&mut dashboard, KeyCode::Char('e')), Command::None);
    }

    #[test]
    fn an_explanation_has_the_keys_until_it_is_closed() {
        for close in [KeyCode::Esc, KeyCode::Enter, KeyCode::Char('q'), KeyCode::Char('e')] {
            let mut dashboard = samples::dashboard();
            dashboard.update(Message::Explained { key: "k".into(), text: Some("one\ntwo\n".into()) });
            for code in
                [KeyCode::Char('r'), KeyCode::Char('b'), KeyCode::Char('/'), KeyCode::Down, KeyCode::Tab]
            {
                assert_eq!(press(&mut dashboard, code), Command::None, "{code:?}");
            }
            assert_eq!((selected(&dashboard), dashboard.is_typing), ("hot_reload.debounce_ms", false));
            assert_eq!(press(&mut dashboard, close), Command::None);
            assert!(dashboard.popup.is_none(), "{close:?}");
        }
    }

    #[test]
    fn what_became_of_a_key_is_shown_until_the_next_one() {
        let mut dashboard = samples::dashboard();
        dashboard.update(Message::Replied("nothing\u{7} changed".into()));
        assert_eq!(dashboard.reply.as_deref(), Some("nothing\\u{7} changed"));
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(dashboard.reply, None);
        dashboard.update(Message::Explained { key: "a\u{202e}b".into(), text: None });
        assert_eq!(dashboard.reply.as_deref(), Some("nothing is known of `a\\u{202e}b`"));
    }
}
