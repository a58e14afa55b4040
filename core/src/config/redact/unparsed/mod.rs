//! What may be shown of a text that did not parse: keys and structure, as far as they are certain.
//!
//! Reading goes from left to right, up to the first line that is not as the language has it. Of that line the first
//! key is shown, and behind it, to the end of the text, nothing but brackets, quotes, separators and blanks: any of it
//! may be the inside of a secret text. Quotes over several lines are such a doubt from the first quote of the text on,
//! since it takes only one edit to tear them.

use alloc::vec::Vec;
use core::ops::Range;

use crate::config::source::Language;
use crate::tree::Source;

mod json;
mod toml;

/// The bytes of a text that are values or comments, or could be.
#[derive(Default)]
pub(super) struct Plan {
    /// What must not be shown where nothing is known about secrets; sorted.
    pub(super) masked: Vec<Range<usize>>,
    /// Where comments are, or may be; sorted.
    pub(super) comments: Vec<Range<usize>>,
}

impl Plan {
    /// Reads a text in the language that its name says.
    pub(super) fn of(source: &Source) -> Self {
        let text = source.text();
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let language = Language::of_name(source.name());
        let mut scan = Scan { text, at, plan: Self::default(), open: Vec::new(), before: b'^' };
        let has_long_texts = language == Language::Toml && ["\"\"\"", "'''"].iter().any(|q| text.contains(q));
        let mut doubt = None;
        while scan.at < text.len() {
            let (start, kept) = (scan.at, scan.plan.masked.len());
            let regular = match language {
                Language::Toml => scan.toml_line(),
                Language::Json => scan.json_line(),
            };
            let quoted = text.get(start..scan.at).is_some_and(|line| line.contains(['"', '\'']));
            if doubt.is_none() && (regular.is_none() || (has_long_texts && quoted)) {
                doubt = Some(scan.plan.masked.get(kept).map_or(scan.at, |first| first.start));
            }
            if regular.is_none() {
                scan.take_all_for_comments();
                break;
            }
            scan.take(b"\n");
        }
        if let Some(doubt) = doubt {
            scan.mask_all_but_structure(doubt, language);
        }
        scan.plan
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    plan: Plan,
    /// The brackets that are open.
    open: Vec<u8>,
    /// The token before, inside of brackets: a bracket, a sign, `k` for a key, `v` for a value; `^` at first.
    before: u8,
}

/// `None`: something irregular stands at `at`.
type Regular = Option<()>;

impl Scan<'_> {
    /// Masks every character from `doubt` on that is no bracket, quote, separator or blank.
    fn mask_all_but_structure(&mut self, doubt: usize, language: Language) {
        let sign = match language {
            Language::Toml => '=',
            Language::Json => ':',
        };
        let is_structure = |c: char| {
            c == sign || c.is_ascii_whitespace() || matches!(c, '[' | ']' | '{' | '}' | '"' | '\'' | ',')
        };
        self.plan.masked.retain(|span| span.start < doubt);
        let mut at = doubt;
        for word in self.text.get(doubt..).unwrap_or_default().split(is_structure) {
            self.mask(at..at + word.len());
            // All structure is ASCII: one byte.
            at += word.len() + 1;
        }
    }

    /// A parser may take more than is known here: then any of the lines that are left may have a comment.
    fn take_all_for_comments(&mut self) {
        for line in self.text.get(self.at..).unwrap_or_default().split_inclusive('\n') {
            self.plan.comments.push(self.at..self.at + line.len());
            self.at += line.len();
        }
    }

    fn open(&mut self, bracket: u8) {
        self.open.push(bracket);
        self.step(bracket);
    }

    fn close(&mut self) {
        self.open.pop();
        self.step(b'v');
    }

    fn step(&mut self, token: u8) {
        self.at += 1;
        self.before = token;
    }

    fn text_on_one_line(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let quote = self.peek()?;
        let mut end = start + 1;
        loop {
            match *self.text.as_bytes().get(end)? {
                b'\n' => return None,
                b'\\' if quote == b'"' && self.text.as_bytes().get(end + 1) != Some(&b'\n') => end += 2,
                byte => {
                    end += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.at = end;
        Some(start..end)
    }

    /// A number, a date or one of the words that both languages know.
    fn word(&mut self, without: &[u8]) -> Option<Range<usize>> {
        let start = self.at;
        let is_in = |byte: u8| byte.is_ascii_alphanumeric() || b"+-_.:".contains(&byte);
        let span = self.run(|byte| is_in(byte) && !without.contains(&byte))?;
        let regular = match self.bytes(&span) {
            b"true" | b"false" | b"null" | b"inf" | b"nan" | b"+inf" | b"-inf" | b"+nan" | b"-nan" => true,
            word => word.iter().find(|byte| !matches!(byte, b'+' | b'-')).is_some_and(u8::is_ascii_digit),
        };
        if !regular {
            self.at = start;
        }
        regular.then_some(span)
    }

    fn run(&mut self, is_in: impl Fn(u8) -> bool) -> Option<Range<usize>> {
        let start = self.at;
        self.at += self.rest().bytes().take_while(|byte| is_in(*byte)).count();
        (self.at > start).then_some(start..self.at)
    }

    fn blank(&mut self) {
        self.at += self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    }

    fn take(&mut self, wanted: &[u8]) -> bool {
        let found = self.rest().as_bytes().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn mask(&mut self, span: Range<usize>) {
        if !span.is_empty() {
            self.plan.masked.push(span);
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn bytes(&self, span: &Range<usize>) -> &[u8] {
        self.text.as_bytes().get(span.clone()).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::LayerKind;
    use alloc::string::String;

    fn shown(name: &str, text: &str) -> String {
        let plan = Plan::of(&Source::document(LayerKind::File, name, text));
        let masked = |at: usize| plan.masked.iter().any(|span| span.contains(&at));
        text.char_indices().map(|(at, c)| if c != '\n' && masked(at) { '*' } else { c }).collect()
    }

    #[test]
    fn toml_keeps_keys_and_structure() {
        assert_eq!(
            shown(
                "a.toml",
                "# note\n[server.\"a b\"]\nport = 80 # old\nat = 2026-01-01 10:00:00\ninline = { a = 'x', b.c = [1, \"y\"] }\n\
                 list = [\n  \"one\", # first\n  'two',\n]\n[[t]]\nlong = \"\"\nok = true\n"
            ),
            "******\n[server.\"a b\"]\nport = ** *****\nat = *******************\ninline = { a = ***, b.c = [*, ***] }\n\
             list = [\n  *****, *******\n  *****,\n]\n[[t]]\nlong = **\nok = ****\n"
        );
    }

    #[test]
    fn behind_the_key_of_the_first_broken_line_only_structure_is_shown() {
        assert_eq!(
            shown("a.toml", "[s]\nx = 1\nname = \"hunter2\nmore = [x]\n[b]\nc = 'y'\n"),
            "[s]\nx = *\nname = \"*******\n**** = [*]\n[*]\n* = '*'\n"
        );
        assert_eq!(shown("a.toml", "name = hunter2 x\nfoo = 1\n"), "name = ******* *\n*** = *\n");
        assert_eq!(shown("a.toml", "port =\nhost = 1\n"), "port =\n**** = *\n");
        assert_eq!(shown("a.toml", "[server\nport 80\n"), "[server\n**** **\n");
    }

    #[test]
    fn behind_the_first_value_of_a_broken_line_no_key_is_certain() {
        assert_eq!(
            shown("a.toml", "t = { x = \", s = \", hunter2 = 1\" }\n"),
            "t = { x = \", * = \", ******* = *\" }\n"
        );
    }

    #[test]
    fn a_line_that_may_be_the_end_of_base64_is_no_key() {
        assert_eq!(shown("a.toml", "a = ''\nMIIEabc==\n"), "a = **\n*******==\n");
        assert_eq!(shown("a.toml", "a = ''\nMIIEabc=\n"), "a = **\n*******=\n");
    }

    #[test]
    fn where_a_text_goes_over_several_lines_no_key_is_certain_behind_the_first_quote() {
        assert_eq!(
            shown("a.toml", "a = 1\nb = '''\nkey = 2\n'''\nc = 3\n"),
            "a = *\nb = '''\n*** = *\n'''\n* = *\n"
        );
        // The quotes that open the text are torn.
        assert_eq!(
            shown("a.toml", "a = 1\nb = \"=\"\nhunter2 = 2\n\"\"\"\n"),
            "a = *\nb = \"=\"\n******* = *\n\"\"\"\n"
        );
    }

    #[test]
    fn json_keeps_names_up_to_the_first_broken_line() {
        assert_eq!(
            shown(
                "a.json",
                "{\"a\": \"x\", \"b\": [1, \"y:\", {\"c\" : null}],\n\"d\": \"e\": \"hunter2\", \"f\": 1}"
            ),
            "{\"a\": ***, \"b\": [*, ****, {\"c\" : ****}],\n\"d\": \"*\": \"*******\", \"*\": *}"
        );
        assert_eq!(shown("a.json", r#"{"a: "hunter2": 1}"#), r#"{"*: "*******": *}"#);
        assert_eq!(shown("a.json", r#"{"a", "hunter2": 1}"#), r#"{"*", "*******": *}"#);
        assert_eq!(
            shown("a.json", "{\n  \"a\": [1,\n  2],\n  \"b\": \"x\n  \"c\": 1\n}"),
            "{\n  \"a\": [*,\n  *],\n  \"b\": \"*\n  \"*\": *\n}"
        );
    }
}
