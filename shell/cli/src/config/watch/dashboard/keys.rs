//! What a key does.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::popup::Popup;
use super::step::Step;
use super::{Command, Dashboard, Focus};

/// The movement of a key that writes no letter.
fn navigation_step(code: KeyCode) -> Option<Step> {
    Some(match code {
        KeyCode::Up => Step::Up,
        KeyCode::Down => Step::Down,
        KeyCode::PageUp => Step::PageUp,
        KeyCode::PageDown => Step::PageDown,
        KeyCode::Home => Step::First,
        KeyCode::End => Step::Last,
        _ => return None,
    })
}

/// The movement of any key.
fn step(code: KeyCode) -> Option<Step> {
    match code {
        KeyCode::Char('k') => Some(Step::Up),
        KeyCode::Char('j') => Some(Step::Down),
        KeyCode::Char('g') => Some(Step::First),
        KeyCode::Char('G') => Some(Step::Last),
        code => navigation_step(code),
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
            KeyCode::Char('u') if held == KeyModifiers::CONTROL && self.is_typing => {
                self.leaves.set_filter("")
            }
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
        if let Some(step) = step(code) {
            self.move_by(step);
            return Command::None;
        }
        match code {
            KeyCode::Char('q') => return Command::Quit,
            KeyCode::Char('r') => return Command::Reload,
            KeyCode::Char('b') => return Command::ToggleBusy,
            KeyCode::Char('e') | KeyCode::Enter => {
                return self.leaves.selected_key().map_or(Command::None, |key| Command::Explain(key.into()));
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
        Command::None
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
            code => navigation_step(code).into_iter().for_each(|step| self.move_by(step)),
        }
    }

    fn press_in_popup(&mut self, code: KeyCode) {
        match (code, &mut self.popup) {
            (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'e' | '?'), popup) => *popup = None,
            (code, Some(popup)) => step(code).into_iter().for_each(|step| popup.text.scroll(step)),
            (_, None) => {}
        }
    }

    fn move_by(&mut self, step: Step) {
        match (self.focus, step) {
            (Focus::Leaves, step) => self.leaves.move_selection(step),
            (Focus::Events, Step::Last) => self.events.follow(),
            (Focus::Events, step) => self.events.scroll(step),
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
    use crate::config::watch::dashboard::Message;
    use crate::config::watch::dashboard::tests::{dashboard as sample, drawn, leaves, press, write};

    fn hold(dashboard: &mut Dashboard, modifiers: KeyModifiers, c: char) -> Command {
        dashboard.update(Message::Key(KeyEvent::new(KeyCode::Char(c), modifiers)))
    }

    fn selected(dashboard: &Dashboard) -> &str {
        dashboard.leaves.selected_key().unwrap_or_default()
    }

    #[test]
    fn each_key_does_what_the_footer_names() {
        let mut dashboard = sample();
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
        let mut dashboard = sample();
        for enter in [KeyCode::Null, KeyCode::Char('/'), KeyCode::Enter, KeyCode::Char('?')] {
            press(&mut dashboard, enter);
            assert_eq!(hold(&mut dashboard, KeyModifiers::CONTROL, 'c'), Command::Quit, "{enter:?}");
        }
        let mut dashboard = sample();
        for (modifiers, c) in
            [(KeyModifiers::CONTROL, 'r'), (KeyModifiers::ALT, 'q'), (KeyModifiers::SUPER, 'q')]
        {
            assert_eq!(hold(&mut dashboard, modifiers, c), Command::None);
        }
    }

    #[test]
    fn a_key_that_is_released_does_nothing() {
        let released = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(sample().update(Message::Key(released)), Command::None);
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
    fn a_page_is_what_the_terminal_has_room_for() {
        let mut dashboard = sample();
        drawn(&mut dashboard, 80, 12, false);
        press(&mut dashboard, KeyCode::PageDown);
        assert_eq!(selected(&dashboard), leaves()[3].key);
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
        assert_eq!(press(&mut dashboard, KeyCode::Char('r')), Command::Reload, "typing has ended");
        write(&mut dashboard, "/_");
        assert_eq!(dashboard.leaves.filter(), "GPT_", "one goes on where one was");
        press(&mut dashboard, KeyCode::Esc);
        assert_eq!((dashboard.leaves.filter(), dashboard.is_typing), ("", false));
        assert_eq!(selected(&dashboard), "models.gpt_pro.provider");
    }

    #[test]
    fn a_filter_ends_in_every_way_that_a_hand_may_try() {
        let mut dashboard = sample();
        write(&mut dashboard, "/");
        press(&mut dashboard, KeyCode::Backspace);
        assert!(!dashboard.is_typing, "nothing is left to take away");
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
    fn nothing_is_explained_where_nothing_is_selected() {
        let mut dashboard = sample();
        write(&mut dashboard, "/no such key");
        press(&mut dashboard, KeyCode::Enter);
        assert_eq!(press(&mut dashboard, KeyCode::Char('e')), Command::None);
    }

    #[test]
    fn an_explanation_has_the_keys_until_it_is_closed() {
        for close in [KeyCode::Esc, KeyCode::Enter, KeyCode::Char('q'), KeyCode::Char('e')] {
            let mut dashboard = sample();
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
    fn a_reply_is_shown_until_the_next_one() {
        let mut dashboard = sample();
        dashboard.update(Message::Replied("nothing\u{7} changed".into()));
        assert_eq!(dashboard.reply.as_deref(), Some("nothing\\u{7} changed"));
        press(&mut dashboard, KeyCode::Down);
        assert_eq!(dashboard.reply, None);
        dashboard.update(Message::Explained { key: "a\u{202e}b".into(), text: None });
        assert_eq!(dashboard.reply.as_deref(), Some("nothing is known of `a\\u{202e}b`"));
    }
}
