//! What is shown of a text that did not parse: the known names of keys, and what separates words.
//!
//! A broken text may be within a secret at any place, since one edit is enough to tear the quotes around it. So no
//! word is shown for its place alone: it must be a name that the schema or a layer gives to a key, which is no secret.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

use crate::tree::Text;

/// The words of a text that must not be shown, in their order.
///
/// A word is shown if it is one of `names` and stands where a key or a part of one does: before `=` or `:`, or in a line
/// that begins with `[`, before the first quote, comma or `=`.
pub(super) fn masked(text: &str, names: &BTreeSet<Text>) -> Vec<Range<usize>> {
    let mut masked = Vec::new();
    // A byte order mark is no word.
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

/// Tells whether a value follows the word that stands before this rest of a line.
fn is_assigned(rest: &str) -> bool {
    rest.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']).starts_with(['=', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn shown(text: &str) -> String {
        let names = ["server", "port", "token", "list", "a-b"].map(Text::new).into();
        let masked = masked(text, &names);
        let is_masked = |at: usize| masked.iter().any(|word| word.contains(&at));
        text.char_indices().map(|(at, c)| if is_masked(at) { '*' } else { c }).collect()
    }

    #[test]
    fn known_names_are_shown_where_a_key_stands() {
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
    fn a_secret_that_is_spelt_as_a_name_is_masked_where_a_value_stands() {
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
    fn a_line_within_a_text_of_several_lines_shows_no_word_of_its_own() {
        assert_eq!(
            shown("token = \"\"\"\nMIIEabc==\nhunter2 = 1\n[hunter2]\nkey: x\n"),
            "token = \"\"\"\n*******==\n******* = *\n[*******]\n***: *\n"
        );
    }
}
