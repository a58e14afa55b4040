//! Masking of a text that did not parse: only known names of keys and separators are shown.
//!
//! Any part of a broken text may be inside a secret, since one missing quote is enough. So a word is shown only if it
//! is a key name of the schema or of a layer, which is not secret.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

/// The words of a text that must not be shown, in order.
///
/// A word is shown if it is one of `names` and in the position of a key: before `=` or `:`, or in a line that begins
/// with `[`, before the first quote, comma or `=`.
pub(super) fn masked(text: &str, names: &BTreeSet<&str>) -> Vec<Range<usize>> {
    let mut masked = Vec::new();
    // A byte order mark is not a word.
    let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
    let lines = text.get(start..).unwrap_or_default().split_inclusive('\n');
    for line in lines {
        let is_header = line.trim_start().starts_with('[');
        let header = if is_header { line.find(['"', '\'', ',', '=']).unwrap_or(line.len()) } else { 0 };
        let mut at = 0;
        for word in line.split(is_separator) {
            let end = at + word.len();
            let rest = line.get(end..).unwrap_or_default();
            let is_key = !word.is_empty() && (end <= header || is_assigned(rest));
            for part in word.split(|c| is_key && c == '.') {
                let is_shown = part.is_empty() || (is_key && names.contains(part));
                if !is_shown {
                    masked.push(start + at..start + at + part.len());
                }
                // Separators are ASCII: one byte.
                at += part.len() + 1;
            }
        }
        start += line.len();
    }
    masked
}

fn is_separator(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '=' | ':' | '[' | ']' | '{' | '}' | '"' | '\'' | ',')
}

/// Whether the rest of a line after a word begins with `=` or `:`.
fn is_assigned(rest: &str) -> bool {
    rest.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']).starts_with(['=', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn shown(text: &str) -> String {
        let names = ["server", "port", "token", "list", "a-b"].into();
        let masked = masked(text, &names);
        let is_masked = |at: usize| masked.iter().any(|word| word.contains(&at));
        text.char_indices().map(|(at, c)| if is_masked(at) { '*' } else { c }).collect()
    }

    #[test]
    fn known_names_are_shown_in_the_position_of_a_key() {
        for (text, expected) in [
            ("[server]\nport = 80 # old\n", "[server]\nport = ** * ***\n"),
            ("  [[ server.a-b.x. ]] # token\n", "  [[ server.a-b.*. ]] * token\n"),
            ("server.port=80\nserver.x = 1\n", "server.port=**\nserver.* = *\n"),
            ("list = [\n  'token', # port\n]\n", "list = [\n  '*****', * ****\n]\n"),
            ("token = \"hünter2\nport: 8\n", "token = \"*******\nport: *\n"),
            ("{\"server\": {\"port\" : 1.5, 'x': null}", "{\"server\": {\"port\" : ***, '*': ****}"),
            ("\u{feff}[server\r\nport 80\r\n", "\u{feff}[server\r\n**** **\r\n"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn a_secret_that_equals_a_name_is_masked_in_the_position_of_a_value() {
        for (text, expected) in [
            ("token = \"server", "token = \"******"),
            ("token = server port = 1", "token = ****** port = *"),
            ("list = [server]", "list = [******]"),
            ("[\"server\", server]", "[\"******\", ******]"),
            ("{\"token\": \"server\", }", "{\"token\": \"******\", }"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn lines_of_a_multi_line_string_are_masked() {
        assert_eq!(
            shown("token = \"\"\"\nMIIEabc==\nhunter2 = 1\n[hunter2]\nkey: x\n"),
            "token = \"\"\"\n*******==\n******* = *\n[*******]\n***: *\n"
        );
    }
}
