//! What may be shown of a text that did not parse: keys and structure, as far as they are certain.
//!
//! Reading goes from left to right. At the first thing that is not as the language has it, the rest of the line is
//! masked; a line behind such a line is shown only if the whole of it is regular, and behind a quote that was never
//! closed, or a second irregular line, not before the next table header: it may be the inside of a secret text.

use alloc::vec::Vec;
use core::ops::Range;

use super::masks::united;
use crate::origin::Source;
use crate::source::Language;

mod json;
mod toml;

/// The bytes of a text that are values or comments, or could be.
#[derive(Default)]
pub(super) struct Plan {
    /// What must not be shown where nothing is known about secrets; sorted.
    pub(super) masked: Vec<Range<usize>>,
    /// The comments, without their `#`; sorted. They are part of `masked`.
    pub(super) comments: Vec<Range<usize>>,
}

impl Plan {
    /// Reads a text in the language that its name says.
    pub(super) fn of(source: &Source) -> Self {
        let text = source.text();
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let language = Language::of_name(source.name());
        let mut scan = Scan {
            text,
            at,
            header_read: false,
            plan: Self::default(),
            open: Vec::new(),
            before: b'{',
            torn: false,
            irregular: None,
        };
        let mut doubt = Doubt::None;
        while scan.at < text.len() {
            let (start, kept) = (scan.at, scan.plan.masked.len());
            scan.header_read = false;
            let regular = match language {
                Language::Toml => scan.toml_line(),
                Language::Json => scan.json_line(),
            };
            if regular.is_none() && scan.at < text.len() {
                scan.irregular.get_or_insert(start);
            }
            let open_quote = regular.is_none() && scan.give_up();
            let again = regular.is_none() && doubt == Doubt::OneLine;
            if regular.is_none() || (doubt == Doubt::Inside && !scan.header_read) {
                if doubt != Doubt::None {
                    scan.plan.masked.truncate(kept);
                    scan.mask(start..scan.at);
                }
                doubt = match doubt {
                    Doubt::Inside => Doubt::Inside,
                    // No text of JSON goes over several lines.
                    _ if language == Language::Toml && (open_quote || again) => Doubt::Inside,
                    _ => Doubt::OneLine,
                };
            } else {
                doubt = Doubt::None;
            }
            scan.take(b"\n");
        }
        if scan.torn {
            scan.mask_what_is_torn();
        }
        scan.plan
    }
}

/// Whether the line at hand may be something else than it looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    /// The line before was irregular: this one is believed if the whole of it is regular.
    OneLine,
    /// Quotes were opened and not closed, or two lines in turn were irregular: this may be the inside of a text.
    /// Only a header is believed.
    Inside,
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// The line at hand has a table header.
    header_read: bool,
    plan: Plan,
    /// The brackets that are open.
    open: Vec<u8>,
    /// JSON: the token before, as its first byte; `v` for a value, `?` when that is unknown.
    before: u8,
    /// A text of several lines is not closed, or its quotes stand where none are expected.
    torn: bool,
    /// Where the first irregular line begins.
    irregular: Option<usize>,
}

/// `None`: something irregular stands at `at`.
type Regular = Option<()>;

impl Scan<'_> {
    /// Masks the rest of the line, and tells whether there are quotes in it; nothing is known of what follows.
    fn give_up(&mut self) -> bool {
        let rest = self.rest();
        let end = rest.find('\n').unwrap_or(rest.len());
        let (line, _) = rest.split_at(end);
        let quotes = line.contains(['"', '\'']);
        let torn = line.contains("\"\"\"") || line.contains("'''");
        self.torn |= torn;
        self.mask(self.at..self.at + end);
        self.at += end;
        self.open.clear();
        self.before = b'?';
        quotes
    }

    /// Where the quotes of long texts do not pair, it is unknown what is inside and what outside of them, from the
    /// first of them on, and from the first irregular line, which may be the inside of a text whose quotes are misspelt.
    fn mask_what_is_torn(&mut self) {
        let quotes = [self.text.find("\"\"\""), self.text.find("'''")];
        let Some(first) = quotes.into_iter().chain([self.irregular]).flatten().min() else { return };
        self.mask(first..self.text.len());
        self.plan.masked = united(core::mem::take(&mut self.plan.masked));
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
    fn word(&mut self, ends: &[u8]) -> Option<Range<usize>> {
        let start = self.at;
        let span =
            self.run(|byte| !byte.is_ascii_whitespace() && !ends.contains(&byte) && byte.is_ascii())?;
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
    use crate::origin::LayerKind;
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
                 list = [\n  \"one\", # first\n  'two',\n]\n[[t]]\nlong = \"\"\"\nq = 1\n\\\"\"\"\"\"\"\nok = true\n"
            ),
            "******\n[server.\"a b\"]\nport = ** *****\nat = *******************\ninline = { a = ***, b.c = [*, ***] }\n\
             list = [\n  *****, *******\n  *****,\n]\n[[t]]\nlong = ***\n*****\n*******\nok = ****\n"
        );
    }

    #[test]
    fn the_broken_line_keeps_its_key_and_the_lines_behind_must_be_whole() {
        assert_eq!(
            shown(
                "a.toml",
                "name = hunter2 x\nMIIEabc==\nMIIEabc=\nfoo bar = 1\n[section\nport = 80\n[s]\nport =\nport = 1\n"
            ),
            "name = *********\n*********\n********\n***********\n********\n*********\n[s]\nport =\nport = *\n"
        );
        assert_eq!(shown("a.toml", "[server\nport 80\n"), "[server\n*******\n");
        assert_eq!(
            shown("a.toml", "a = \"hunter2\nmore = x\n[b]\nc = 1\n"),
            "a = ********\n********\n[b]\nc = *\n"
        );
    }

    #[test]
    fn lines_behind_an_open_quote_may_be_its_inside() {
        assert_eq!(
            shown("a.toml", "a = \"\nhunter2 = 1\n\"\nb = 2\nc = 'x\nd = 3\n[e]\nf = 4\n"),
            "a = *\n***********\n*\n*****\n******\n*****\n[e]\nf = *\n"
        );
    }

    #[test]
    fn a_long_text_that_is_never_closed_masks_all_behind_it() {
        assert_eq!(shown("a.toml", "a = 1\nb = '''\nkey = 2\n"), "a = *\nb = ***\n*******\n");
        // The first text takes the quotes of the second for its end.
        assert_eq!(
            shown("a.toml", "a = \"\"\"x\nb = \"\"\"\nkey = 2\n\"\"\"\nc = 3\n"),
            "a = ****\n*******\n*******\n***\n*****\n"
        );
    }

    #[test]
    fn json_keeps_names_up_to_the_first_irregular_thing() {
        assert_eq!(
            shown("a.json", r#"{"a": "x", "b": [1, "y:", {"c" : null}], "d": "e": "hunter2", "f": 1}"#),
            r#"{"a": ***, "b": [*, ****, {"c" : ****}], "d": ***********************"#
        );
        assert_eq!(shown("a.json", r#"{"a: "hunter2": 1}"#), "{*****************");
        assert_eq!(
            shown("a.json", "{\n  \"a\": hunter2,\n  \"b\": \"x\n  \"c\": 1,\n  \"d\":\n  \"e\": 2\n}"),
            "{\n  \"a\": ********\n*********\n  \"c\": *,\n  \"d\":\n  ******\n}"
        );
    }
}
