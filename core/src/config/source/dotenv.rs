//! `.env` files: variables for programs that are started by hand.
//!
//! There is no standard. This is what the readers of most languages share: `NAME=value` lines, `export`, comments, quotes,
//! and quoted values of several lines. A `$` is an ordinary character.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::environment::{Environment, Variable};
use super::syntax;
use crate::tree::{Code, Diagnostic, Key, Origin, Source};

impl Environment {
    /// Reads the variables of a `.env` file for which `is_ours` is true.
    ///
    /// - `NAME=value`, also after `export`. Space around the name and the value is dropped, and a comment begins with `#` after space.
    /// - `'…'` is taken as it is, and `"…"` with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; both may have several lines.
    /// - Of two lines with the same name, the last one counts.
    ///
    /// Returns the variables, and every diagnostic in the order of lines: `parse/dotenv`, and as a warning `env/duplicate`.
    ///
    /// ```
    /// use speckit_core::{LayerKind, Source};
    /// use speckit_core::config::source::Environment;
    /// let text = "export APP_HOST='::1' # IPv6\nAPP_PORT=80\nOTHER=1\n";
    /// let file = Source::document(LayerKind::Dotenv, ".env", text);
    /// let (environment, diagnostics) = Environment::dotenv(&file, &|name| name.starts_with("APP_"));
    /// assert_eq!(environment.names().collect::<Vec<_>>(), ["APP_HOST", "APP_PORT"]);
    /// assert_eq!(environment.text("APP_HOST"), Some("::1"));
    /// assert!(diagnostics.is_empty());
    /// ```
    pub fn dotenv(file: &Arc<Source>, is_ours: &dyn Fn(&str) -> bool) -> (Self, Vec<Diagnostic>) {
        let mut reader = DotenvReader { file, at: 0, diagnostics: Vec::new() };
        if file.text().starts_with('\u{feff}') {
            reader.at = '\u{feff}'.len_utf8();
        }
        let mut variables = BTreeMap::new();
        let mut positions: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        while let Some(assignment) = reader.next_assignment() {
            let Assignment { name, value } = assignment;
            let origin = Origin::new(file, name);
            let name = origin.raw();
            if !is_ours(name) {
                continue;
            }
            let position = origin.line_column().unwrap_or_default();
            if let Some((line, _)) = positions.insert(name.to_owned(), position) {
                let message = format!("`{name}` is set again, and replaces its value of line {line}");
                let place = Origin::whole(&Source::dotenv_variable(file.name(), position, name, ""));
                let diagnostic = Diagnostic::warning(Code::EnvDuplicate, Key::root(), message).at(&place);
                reader.diagnostics.push(diagnostic.help("remove one of the two lines"));
            }
            variables.insert(name.to_owned(), Variable::Text(value));
        }
        (Self::of_file(file.name(), variables, positions), reader.diagnostics)
    }
}

/// One `NAME=value`.
struct Assignment {
    /// The bytes of the name in the file.
    name: Range<usize>,
    value: String,
}

struct DotenvReader<'a> {
    file: &'a Arc<Source>,
    /// The byte that is read next.
    at: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> DotenvReader<'a> {
    fn rest(&self) -> &'a str {
        self.file.text().get(self.at..).unwrap_or_default()
    }

    /// The next assignment. Lines that are none are reported.
    fn next_assignment(&mut self) -> Option<Assignment> {
        while !self.rest().is_empty() {
            self.skip(|c| c.is_whitespace());
            let start = self.at;
            let rest = self.rest();
            if rest.starts_with('#') {
                self.skip(|c| c != '\n');
                continue;
            }
            if rest.is_empty() {
                break;
            }
            if let Some(after) = rest.strip_prefix("export").filter(|after| after.starts_with([' ', '\t'])) {
                self.at += rest.len() - after.len();
                self.skip(is_space);
            }
            let name = self.at..self.at + name_length(self.rest());
            self.at = name.end;
            self.skip(is_space);
            let value = match self.rest().strip_prefix('=') {
                Some(_) if !name.is_empty() => {
                    self.at += 1;
                    self.value()
                }
                _ => Err((start, "expected `NAME=value`", self.help_for_no_assignment(&name))),
            };
            match value {
                Ok(value) => return Some(Assignment { name, value }),
                Err((at, message, help)) => {
                    self.diagnostics
                        .push(syntax(self.file, Code::ParseDotenv, message, at..at + 1).help(help));
                    self.at = self.at.max(at);
                    self.skip(|c| c != '\n');
                }
            }
        }
        None
    }

    /// What to write instead of a line that has no `=` where it should be, of which the name was read.
    fn help_for_no_assignment(&self, name: &Range<usize>) -> &'static str {
        let rest = self.rest().chars().next();
        match rest {
            Some('=') => "write a name before the `=`",
            _ if name.is_empty() => {
                "begin the line with a name of letters, digits and `_`, or with `#` for a comment"
            }
            None | Some('\r' | '\n' | '#') => "write `NAME=value`, or `NAME=` for an empty value",
            Some(':') => "write `=` in the place of `:`",
            Some(_) => "write `=` between the name and the value, or `#` before a comment",
        }
    }

    /// The value after the `=`. An error has its byte, its message and a help.
    fn value(&mut self) -> Result<String, (usize, &'static str, &'static str)> {
        let before = self.at;
        self.skip(is_space);
        let start = self.at;
        let value = match self.rest().chars().next() {
            Some('\'') => {
                let text = self.rest().get(1..).unwrap_or_default();
                text.find('\'').map(|end| {
                    self.at += end + 2;
                    text.get(..end).unwrap_or_default().replace("\r\n", "\n")
                })
            }
            Some('"') => self.double_quoted(),
            _ => return Ok(self.unquoted(start > before)),
        };
        let Some(value) = value else {
            return Err((start, "this quote is not closed", "write the same quote at the end of the value"));
        };
        self.skip(is_space);
        match self.rest().chars().next() {
            None | Some('\r' | '\n' | '#') => {
                self.skip(|c| c != '\n');
                Ok(value)
            }
            Some(_) => Err((
                self.at,
                "expected the end of the line after the quoted value",
                "put the whole value into quotes; write a quote within them as `\\\"`",
            )),
        }
    }

    /// The value to the end of the line or to a comment, without space around it. A comment may begin at once if there is
    /// space before it.
    fn unquoted(&mut self, is_after_space: bool) -> String {
        let line = self.rest();
        let line = line.find('\n').and_then(|end| line.get(..end)).unwrap_or(line);
        self.at += line.len();
        let mut previous = if is_after_space { ' ' } else { '=' };
        let comment = line.char_indices().find(|(_, c)| {
            let begins = *c == '#' && is_space(previous);
            previous = *c;
            begins
        });
        let value = comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line);
        value.trim().to_owned()
    }

    /// The value between double quotes; `None` if they are not closed.
    fn double_quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            match (c, characters.peek().map(|(_, next)| *next)) {
                ('"', _) => {
                    self.at += at + 1;
                    return Some(value);
                }
                ('\\', Some(escape @ ('n' | 'r' | 't' | '"' | '\\' | '$'))) => {
                    characters.next();
                    value.push(match escape {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        itself => itself,
                    });
                }
                ('\r', Some('\n')) => {}
                (c, _) => value.push(c),
            }
        }
        None
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_skipped).len();
    }
}

/// Space within a line.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// The length of the name that a text begins with, which may be 0.
fn name_length(text: &str) -> usize {
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c| !is_in_name(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::LayerKind;

    /// The variables as `NAME=[value]`, then the diagnostics.
    fn read(text: &str) -> Vec<String> {
        let file = Source::document(LayerKind::Dotenv, ".env", text);
        let (environment, diagnostics) = Environment::dotenv(&file, &|_| true);
        let variable = |name| format!("{name}=[{}]", environment.text(name).unwrap());
        let report = |one: &Diagnostic| format!("{} {}", one.origin.as_ref().unwrap(), one.message);
        environment.names().map(variable).chain(diagnostics.iter().map(report)).collect()
    }

    #[test]
    fn values_are_read_as_the_common_dialect_has_them() {
        for (text, expected) in [
            ("A=1", "A=[1]"),
            ("\u{feff}  export\tA = b c \t# comment\r\n", "A=[b c]"),
            ("exported=1", "exported=[1]"),
            ("A=", "A=[]"),
            ("A= # nothing", "A=[]"),
            ("A=#c0ffee", "A=[#c0ffee]"),
            ("A=a#b", "A=[a#b]"),
            ("A=a=b", "A=[a=b]"),
            ("A=it's \"fine\"", "A=[it's \"fine\"]"),
            ("A=${HOME}/$x\\n", "A=[${HOME}/$x\\n]"),
            ("A='x # \\n \"$y\"' # z", "A=[x # \\n \"$y\"]"),
            ("A=\"a\\n\\\"\\\\\\$\\q#\"", "A=[a\n\"\\$\\q#]"),
            ("A=\"one\r\ntwo\"\nB=3", "A=[one\ntwo]"),
            ("A='one\r\ntwo'\r\nB=3", "A=[one\ntwo]"),
            ("A=1\r\nB=2\r\n", "A=[1]"),
            ("A=a\u{a0}#b", "A=[a\u{a0}#b]"),
            ("A='-----BEGIN\nx\n'", "A=[-----BEGIN\nx\n]"),
            ("A.b-C_1=ü", "A.b-C_1=[ü]"),
        ] {
            assert_eq!(read(text).first().map(String::as_str), Some(expected), "{text:?}");
        }
        assert_eq!(read("\n# A=1\n\r\n   \n"), [""; 0]);
    }

    #[test]
    fn every_line_that_is_no_assignment_is_reported_and_the_others_are_read() {
        let text = "A: 1\n=2\n9B=3\nC=4\nexport D\n  nonsense\nE='x' y\nF=\"open\nG=5";
        let expected = [
            "C=[4]",
            "G=[5]",
            ".env:1:1 expected `NAME=value`",
            ".env:2:1 expected `NAME=value`",
            ".env:3:1 expected `NAME=value`",
            ".env:5:1 expected `NAME=value`",
            ".env:6:3 expected `NAME=value`",
            ".env:7:7 expected the end of the line after the quoted value",
            ".env:8:3 this quote is not closed",
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn the_help_for_a_line_without_an_assignment_says_what_is_missing() {
        for (text, help) in [
            ("APP_DEBUG", "write `NAME=value`, or `NAME=` for an empty value"),
            ("export APP_DEBUG # on\nA=1", "write `NAME=value`, or `NAME=` for an empty value"),
            ("APP_PORT: 80", "write `=` in the place of `:`"),
            ("APP_PORT 80", "write `=` between the name and the value, or `#` before a comment"),
            ("=80", "write a name before the `=`"),
            ("9A=80", "begin the line with a name of letters, digits and `_`, or with `#` for a comment"),
            ("[app]", "begin the line with a name of letters, digits and `_`, or with `#` for a comment"),
        ] {
            let file = Source::document(LayerKind::Dotenv, ".env", text);
            let (_, diagnostics) = Environment::dotenv(&file, &|_| true);
            let helps: Vec<&str> = diagnostics.iter().filter_map(|one| one.help.as_deref()).collect();
            assert_eq!(helps, [help], "{text:?}");
        }
    }

    #[test]
    fn of_two_lines_with_one_name_the_last_one_counts_with_a_warning() {
        let expected = ["A=[2]", ".env:3:8 `A` is set again, and replaces its value of line 1"];
        assert_eq!(read("A=1\n\nexport A=2"), expected);
        let file = Source::document(LayerKind::Dotenv, ".env", "A=1\nA=2");
        assert!(Environment::dotenv(&file, &|_| false).1.is_empty(), "a variable of another program");
    }
}
