//! Keys from the bytes that a terminal sends.

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Decodes bytes one by one. Pasted text, answers of the terminal and unknown sequences are no keys.
#[derive(Debug, Default)]
pub(super) struct KeyDecoder {
    state: DecoderState,
}

/// What the bytes so far begin.
#[derive(Debug, Default, PartialEq, Eq)]
enum DecoderState {
    #[default]
    Nothing,
    /// ESC: the key itself, a sequence, or a key with Alt.
    Escape,
    /// `ESC [` and its parameters (ECMA-48, 5.4).
    Sequence(Vec<u8>),
    /// `ESC O`: a key in another mode of the keyboard.
    Application,
    /// A text of the terminal up to BEL or ESC (ECMA-48, 5.6).
    ControlString,
    /// Pasted text, and how many bytes of [`PASTE_END`] were seen.
    Paste(usize),
    /// So many bytes that belong to a sequence before them.
    Ignored(usize),
    /// A character in UTF-8 of which so many bytes are missing.
    Character { bytes: Vec<u8>, missing: usize },
}

use DecoderState::{Application, Character, ControlString, Escape, Ignored, Nothing, Paste, Sequence};

const ESC: u8 = 0x1b;
const PASTE_BEGIN: &[u8] = b"200";
const PASTE_END: &[u8] = b"\x1b[201~";
/// A terminal sends a sequence at once, and a person presses keys slower.
const SEQUENCE_PAUSE: Duration = Duration::from_millis(50);
/// A paste may come in parts over a slow line.
const PASTE_PAUSE: Duration = Duration::from_secs(1);
/// More parameters than any sequence has.
const MAX_PARAMETERS: usize = 64;

impl KeyDecoder {
    /// Takes the next byte, and returns the key that it completes.
    pub(super) fn push(&mut self, byte: u8) -> Option<KeyEvent> {
        match std::mem::take(&mut self.state) {
            Nothing => self.begin(byte),
            Escape => self.after_escape(byte),
            Sequence(parameters) => self.in_sequence(parameters, byte),
            Application | Ignored(_) if byte < b' ' => self.begin(byte),
            Application => plain(if byte == b'M' { KeyCode::Enter } else { final_key(byte)? }),
            ControlString => {
                match byte {
                    0x07 => {}
                    // What follows is `\`, or a sequence of its own.
                    ESC => self.state = Escape,
                    _ => self.state = ControlString,
                }
                None
            }
            Paste(matched) => {
                let matched = match PASTE_END.get(matched) == Some(&byte) {
                    true => matched + 1,
                    false => usize::from(byte == ESC),
                };
                self.state = if matched == PASTE_END.len() { Nothing } else { Paste(matched) };
                None
            }
            Ignored(bytes) => {
                self.state = if bytes > 1 { Ignored(bytes - 1) } else { Nothing };
                None
            }
            Character { bytes, missing } => self.in_character(bytes, missing, byte),
        }
    }

    /// How long to wait for the next byte before [`pause`](Self::pause); `None`: for ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            Nothing => None,
            Paste(_) => Some(PASTE_PAUSE),
            _ => Some(SEQUENCE_PAUSE),
        }
    }

    /// No byte came in time: a lone ESC is the key, and the beginning of a sequence is nothing.
    pub(super) fn pause(&mut self) -> Option<KeyEvent> {
        match std::mem::take(&mut self.state) {
            Escape => plain(KeyCode::Esc),
            _ => None,
        }
    }

    fn begin(&mut self, byte: u8) -> Option<KeyEvent> {
        let control = |letter| Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
        match byte {
            ESC => self.state = Escape,
            b'\r' => return plain(KeyCode::Enter),
            b'\t' => return plain(KeyCode::Tab),
            0x08 | 0x7f => return plain(KeyCode::Backspace),
            0x01..=0x1a => return control(char::from(byte - 1 + b'a')),
            0x00..=0x1f => {}
            0x20..=0x7e => return plain(KeyCode::Char(char::from(byte))),
            0xc2..=0xf4 => {
                let missing = 1 + usize::from(byte >= 0xe0) + usize::from(byte >= 0xf0);
                self.state = Character { bytes: Vec::from([byte]), missing };
            }
            _ => {}
        }
        None
    }

    fn after_escape(&mut self, byte: u8) -> Option<KeyEvent> {
        match byte {
            b'[' => self.state = Sequence(Vec::new()),
            b'O' => self.state = Application,
            b']' | b'P' | b'X' | b'^' | b'_' => self.state = ControlString,
            ESC => {
                self.state = Escape;
                return plain(KeyCode::Esc);
            }
            _ => {
                let mut key = self.begin(byte)?;
                key.modifiers |= KeyModifiers::ALT;
                return Some(key);
            }
        }
        None
    }

    fn in_sequence(&mut self, mut parameters: Vec<u8>, byte: u8) -> Option<KeyEvent> {
        match byte {
            0x20..=0x3f => {
                if parameters.len() < MAX_PARAMETERS {
                    parameters.push(byte);
                }
                self.state = Sequence(parameters);
                None
            }
            b'~' if parameters == PASTE_BEGIN => {
                self.state = Paste(0);
                None
            }
            b'~' => plain(numbered_key(&parameters)?),
            // The position of a mouse, and a function key of the console of Linux.
            b'M' if parameters.is_empty() => {
                self.state = Ignored(3);
                None
            }
            b'[' if parameters.is_empty() => {
                self.state = Ignored(1);
                None
            }
            // The answer of a terminal, or a mouse.
            0x40..=0x7e if parameters.first().is_some_and(|first| *first >= b'<') => None,
            0x40..=0x7e => plain(final_key(byte)?),
            // The sequence was not finished.
            _ => self.begin(byte),
        }
    }

    fn in_character(&mut self, mut bytes: Vec<u8>, missing: usize, byte: u8) -> Option<KeyEvent> {
        if !(0x80..=0xbf).contains(&byte) {
            return self.begin(byte);
        }
        bytes.push(byte);
        if missing > 1 {
            self.state = Character { bytes, missing: missing - 1 };
            return None;
        }
        plain(KeyCode::Char(std::str::from_utf8(&bytes).ok()?.chars().next()?))
    }
}

/// What `press` of the dashboard distinguishes has no other modifiers.
fn plain(code: KeyCode) -> Option<KeyEvent> {
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}

/// The key of a sequence that ends so, whatever modifiers its parameters name.
fn final_key(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'Z' => KeyCode::BackTab,
        _ => return None,
    })
}

/// The key of `ESC [ NUMBER ~` or `ESC [ NUMBER ; MODIFIERS ~`.
fn numbered_key(parameters: &[u8]) -> Option<KeyCode> {
    Some(match parameters.split(|byte| *byte == b';').next()? {
        b"1" | b"7" => KeyCode::Home,
        b"3" => KeyCode::Delete,
        b"4" | b"8" => KeyCode::End,
        b"5" => KeyCode::PageUp,
        b"6" => KeyCode::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The keys of these bytes, and of the pause after them.
    fn keys(bytes: impl AsRef<[u8]>) -> Vec<KeyEvent> {
        let mut decoder = KeyDecoder::default();
        let mut keys: Vec<KeyEvent> = bytes.as_ref().iter().filter_map(|byte| decoder.push(*byte)).collect();
        keys.extend(decoder.pause());
        assert_eq!(decoder.patience(), None, "nothing is left after a pause");
        keys
    }

    fn codes(bytes: impl AsRef<[u8]>) -> Vec<KeyCode> {
        keys(bytes).into_iter().map(|key| key.code).collect()
    }

    #[test]
    fn keys_of_all_kinds_are_decoded() {
        for (bytes, code) in [
            ("q", KeyCode::Char('q')),
            ("世", KeyCode::Char('世')),
            ("😀", KeyCode::Char('😀')),
            ("\r", KeyCode::Enter),
            ("\u{1b}OM", KeyCode::Enter),
            ("\t", KeyCode::Tab),
            ("\u{1b}[Z", KeyCode::BackTab),
            ("\u{7f}", KeyCode::Backspace),
            ("\u{8}", KeyCode::Backspace),
            ("\u{1b}", KeyCode::Esc),
            ("\u{1b}[A", KeyCode::Up),
            ("\u{1b}OB", KeyCode::Down),
            ("\u{1b}[1;5C", KeyCode::Right),
            ("\u{1b}[H", KeyCode::Home),
            ("\u{1b}[1~", KeyCode::Home),
            ("\u{1b}[8;2~", KeyCode::End),
            ("\u{1b}[5~", KeyCode::PageUp),
            ("\u{1b}[6~", KeyCode::PageDown),
        ] {
            assert_eq!(codes(bytes), [code], "{bytes:?}");
        }
    }

    #[test]
    fn a_key_with_ctrl_or_alt_says_so() {
        let ctrl = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(keys("\u{3}\u{15}\u{1a}"), [ctrl('c'), ctrl('u'), ctrl('z')]);
        assert_eq!(keys("\u{1b}q"), [KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT)]);
        assert_eq!(
            keys("\u{1b}\u{1b}"),
            [KeyCode::Esc; 2].map(|code| KeyEvent::new(code, KeyModifiers::NONE))
        );
    }

    #[test]
    fn what_is_no_key_is_ignored_to_its_end() {
        for bytes in [
            "\u{1b}[<35;10;10M",
            "\u{1b}[Mqqq",
            "\u{1b}[[A",
            "\u{1b}[15~",
            "\u{1b}[?1;2c",
            "\u{1b}]11;rgb:ffff/ffff/ffff\u{7}",
            "\u{1b}P1$r q\u{1b}\\",
            "\u{0}\u{1f}",
            "\u{1b}[200~q\u{3}\r\u{1b}[A\u{1b}[201\u{1b}[201~",
        ] {
            let after = codes(bytes.to_owned() + "x");
            let after: Vec<_> = after.into_iter().filter(|code| *code != KeyCode::Char('\\')).collect();
            assert_eq!(after, [KeyCode::Char('x')], "{bytes:?}");
        }
        assert_eq!(codes(b"\xff\xc3(\xe4\xb8x\x80y"), ['(', 'x', 'y'].map(KeyCode::Char));
    }

    #[test]
    fn half_a_sequence_ends_with_a_pause_or_a_control_character() {
        for half in
            ["\u{1b}[", "\u{1b}[1;", "\u{1b}O", "\u{1b}]0;title", "\u{1b}P", "\u{1b}[200~q", "\u{1b}[M"]
        {
            assert_eq!(codes(half), [], "{half:?}");
        }
        assert_eq!(codes(b"\xe4\xb8"), []);
        assert_eq!(codes("\u{1b}[1;\u{3}"), [KeyCode::Char('c')]);
        assert_eq!(codes("\u{1b}[\u{1b}[B"), [KeyCode::Down]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_leave_a_decoder_that_knows_keys_after_a_pause(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(ESC), Just(b'['), 0x30_u8..0x40], 0..60),
        ) {
            let mut decoder = KeyDecoder::default();
            let decoded = bytes.iter().filter_map(|byte| decoder.push(*byte)).count();
            prop_assert!(decoded <= bytes.len());
            decoder.pause();
            prop_assert_eq!(decoder.push(b'q').map(|key| key.code), Some(KeyCode::Char('q')));
        }

        #[test]
        fn a_text_without_control_characters_is_its_characters(text in "\\PC{0,20}") {
            prop_assert_eq!(codes(&text), text.chars().map(KeyCode::Char).collect::<Vec<_>>());
        }
    }
}
