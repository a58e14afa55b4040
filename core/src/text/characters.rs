//! The names of characters that a reader cannot see, or takes for another one.

use alloc::format;
use alloc::string::String;

use super::is_control;

/// What a character without a shape is called, and what to do about it; `None` for a visible one, a space, a tab and line ends.
pub(crate) fn invisible(c: char) -> Option<(String, &'static str)> {
    const SPACE: &str = "write a plain space instead";
    const REMOVE: &str = "remove it";
    let (name, help) = match c {
        ' ' | '\t' | '\n' | '\r' => return None,
        '\0' => {
            ("NUL", "save the file as UTF-8 text, or restore it: it is UTF-16, or was cut off by a crash")
        }
        '\u{b}' => ("a vertical tab", SPACE),
        '\u{c}' => ("a form feed", REMOVE),
        '\u{1a}' => ("the end-of-file mark of DOS (Ctrl-Z)", REMOVE),
        '\u{1b}' => ("the start of an escape sequence of a terminal", REMOVE),
        '\u{7f}' => ("a delete character", REMOVE),
        '\u{85}' => ("a line end that is not read as one", "end lines with LF or CR LF"),
        '\u{a0}' => ("a no-break space", SPACE),
        '\u{ad}' => ("a soft hyphen", REMOVE),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            ("a mark that changes the direction of writing", REMOVE)
        }
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => ("a space of another width", SPACE),
        '\u{200b}' => ("a zero-width space", REMOVE),
        '\u{200c}' | '\u{200d}' => ("a zero-width joiner", REMOVE),
        '\u{2028}' => ("a line separator", "end lines with LF or CR LF"),
        '\u{2029}' => ("a paragraph separator", "end lines with LF or CR LF"),
        '\u{202f}' => ("a narrow no-break space", SPACE),
        '\u{2060}' => ("a word joiner", REMOVE),
        '\u{3000}' => ("an ideographic space", SPACE),
        '\u{feff}' => {
            ("a byte order mark inside the text", "remove it; two files were joined, if it begins a line")
        }
        '\u{fffc}' | '\u{fffd}' => ("the replacement of a lost character", "restore the character"),
        '\u{fe00}'..='\u{fe0f}' => ("a character without a shape", REMOVE),
        c if c.is_control() => ("a control character", REMOVE),
        c if is_control(c) => ("a character without a shape", REMOVE),
        c if c.is_whitespace() => ("a space of another kind", SPACE),
        _ => return None,
    };
    Some((format!("U+{:04X}, {name}", u32::from(c)), help))
}

/// The ASCII character that a visible one is easily taken for.
pub(crate) fn look_alike(c: char) -> Option<char> {
    match c {
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{301d}' | '\u{301e}' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => Some('-'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).filter(|c| !c.is_alphanumeric()),
        '\u{2024}' => Some('.'),
        '\u{2236}' | '\u{a789}' => Some(':'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_have_a_name() {
        for (c, name) in [
            ('\0', "U+0000, NUL"),
            ('\u{a0}', "U+00A0, a no-break space"),
            ('\u{200b}', "U+200B, a zero-width space"),
            ('\u{2028}', "U+2028, a line separator"),
            ('\u{202e}', "U+202E, a mark that changes the direction of writing"),
            ('\u{feff}', "U+FEFF, a byte order mark inside the text"),
            ('\u{7}', "U+0007, a control character"),
            ('\u{e0041}', "U+E0041, a character without a shape"),
        ] {
            assert_eq!(invisible(c).unwrap().0, name);
        }
        for c in " \t\r\naZ09é\u{301}日\u{1f600}“−".chars() {
            assert_eq!(invisible(c), None, "{c:?}");
        }
    }

    #[test]
    fn every_character_that_a_terminal_does_not_show_has_a_name() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| is_control(*c)) {
            assert!(invisible(c).is_some() || matches!(c, '\t' | '\n' | '\r'), "{c:?}");
        }
    }

    #[test]
    fn a_character_that_looks_like_an_ascii_one_leads_to_it() {
        for (c, ascii) in
            [('“', '"'), ('‘', '"'), ('−', '-'), ('–', '-'), ('＝', '='), ('：', ':'), ('；', ';')]
        {
            assert_eq!(look_alike(c), Some(ascii));
        }
        assert_eq!((look_alike('é'), look_alike('Ａ'), look_alike('=')), (None, None, None));
    }
}
