//! Syntax errors of TOML that come from an invisible character, or from the habits of another format.

use alloc::borrow::Cow;
use alloc::format;
use core::ops::Range;

use crate::text::{invisible, look_alike};
use crate::tree::Number;

/// What is wrong, where, and what to write instead.
pub(super) struct Finding {
    pub(super) message: Cow<'static, str>,
    pub(super) help: Cow<'static, str>,
    pub(super) span: Range<usize>,
    /// Where the noise ends that the parser reports after it.
    pub(super) end: usize,
    /// Whether a file may have it on most lines, so that one finding is enough.
    pub(super) is_habit: bool,
}

impl Finding {
    fn new(message: &'static str, help: &'static str, span: Range<usize>) -> Self {
        let end = span.end;
        Self { message: message.into(), help: help.into(), span, end, is_habit: false }
    }

    fn habit(self) -> Self {
        Self { is_habit: true, ..self }
    }
}

/// An error of the parser, and the text around it.
#[derive(Clone, Copy)]
struct Site<'t> {
    message: &'t str,
    text: &'t str,
    start: usize,
    /// The line up to the error.
    before: &'t str,
    /// The line from the error on.
    rest: &'t str,
}

/// Explains an error of the parser at `start`, if another format or an invisible character is the reason.
pub(super) fn explain(text: &str, message: &str, start: usize) -> Option<Finding> {
    let (above, below) = text.split_at_checked(start)?;
    let before = above.rsplit('\n').next().unwrap_or_default();
    let rest = below.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let site =
        Site { message, text, start, before: before.trim_start_matches('\u{feff}'), rest }.at_odd_character();
    invisible_character(site)
        .or_else(|| comment(site))
        .or_else(|| punctuation(site))
        .or_else(|| word(site))
        .or_else(|| backslash(site))
}

impl Site<'_> {
    /// The parser reports only the first key with a wrong character. Of each later one it reports the end: this is the site of the
    /// character.
    fn at_odd_character(self) -> Self {
        let is_odd = |c: char| invisible(c).is_some() || look_alike(c).is_some();
        let odd = self.is("key with no value").then(|| self.before.find(is_odd)).flatten();
        let parts = odd.and_then(|at| self.before.split_at_checked(at));
        let Some((before, key)) = parts.filter(|(before, _)| !before.contains(['"', '\'', '#'])) else {
            return self;
        };
        let start = self.start - key.len();
        let rest = self.text.get(start..self.start + self.rest.len()).unwrap_or_default();
        Self { message: "invalid unquoted key", start, before, rest, ..self }
    }

    /// The span of `length` bytes at an offset from the error.
    fn at(&self, offset: usize, length: usize) -> Range<usize> {
        self.start + offset..self.start + offset + length
    }

    fn is(&self, start: &str) -> bool {
        self.message.starts_with(start)
    }

    /// Whether the parser reads a value here.
    fn is_value(&self) -> bool {
        ["string values must be quoted", "invalid boolean", "invalid float", "invalid integer"]
            .iter()
            .any(|start| self.is(start))
    }

    /// Whether the error follows a value or a header that is complete.
    fn is_after(&self) -> bool {
        self.is("unexpected key or value") || self.is("missing comma between array")
    }
}

/// An invisible character at the error, or in a value that is right without it.
fn invisible_character(site: Site<'_>) -> Option<Finding> {
    let is_suspect = |c: char| invisible(c).is_some();
    let end = site.rest.find(['"', '\'', '#']).unwrap_or(site.rest.len());
    let offset = match site.rest.chars().next() {
        Some(first) if is_suspect(first) => 0,
        // The text ends with a carriage return that ends no line.
        Some(_) if site.is_value() => site.rest.get(..end)?.find(is_suspect)?,
        _ => return None,
    };
    let (value, rest) = site.rest.split_at_checked(offset)?;
    let word: alloc::string::String = site.rest.get(..end)?.chars().filter(|c| !is_suspect(*c)).collect();
    if offset > 0 && !is_scalar(value.trim()) && !is_scalar(word.trim()) {
        return None;
    }
    let c = rest.chars().next()?;
    let (name, help) = invisible(c)?;
    let message = format!("an invisible character: {name}").into();
    let is_in_string = site.is("invalid basic string") || site.is("invalid multi-line basic string");
    let help = if is_in_string { "write the character as an escape, such as \\u0007" } else { help };
    let end = site.start + site.rest.len();
    let span = site.at(offset, c.len_utf8());
    Some(Finding { message, help: help.into(), span, end, is_habit: true })
}

/// A comment of another format, on a line of its own or after a value.
fn comment(site: Site<'_>) -> Option<Finding> {
    const MESSAGE: &str = "a comment of another format";
    const HELP: &str = "a comment begins with `#`";
    let is_own_line = site.before.trim().is_empty();
    let line = site.text.get(site.start - site.before.len()..)?;
    let begin = site.start - site.before.len() + (line.len() - line.trim_start().len());
    let line = line.trim_start();
    if let Some(inside) = line.strip_prefix("/*").or_else(|| line.strip_prefix("<!--")) {
        let close = if line.starts_with('/') { "*/" } else { "-->" };
        let opening = line.len() - inside.len();
        let length = inside.find(close).map_or(line.len(), |end| opening + end + close.len());
        let length = length.max(opening);
        let end = line_end(site.text, begin + length);
        return Some(Finding { end, ..Finding::new(MESSAGE, HELP, begin..begin + opening).habit() });
    }
    if line.starts_with("---") && line.trim_start_matches('-').starts_with(['\n', '\r', ' ']) {
        let help = "write `key = value`; YAML is not read";
        return Some(Finding::new("a line of YAML", help, begin..begin + 3).habit());
    }
    let marks = [";", "//", "--", "%", "!", "REM ", "rem "];
    if let Some(mark) = marks.iter().find(|mark| line.starts_with(**mark))
        && (is_own_line || site.is("key with no value"))
    {
        return Some(Finding::new(MESSAGE, HELP, begin..begin + mark.len()).habit());
    }
    // After a value: the parser complains about the value, or about what follows it.
    let offset = match site.is_value() {
        true => [";", "//", "/*"].iter().filter_map(|mark| site.rest.find(mark)).min()?,
        false => 0,
    };
    let (value, mark) = site.rest.split_at_checked(offset)?;
    let is_complete = match site.is_value() {
        // In a list, after a comma.
        true if value.is_empty() => !site.before.trim_end().ends_with('='),
        true => is_scalar(value.trim()),
        false => site.is_after(),
    };
    if !is_complete {
        return None;
    }
    let length = match mark.get(..2) {
        Some(pair @ ("//" | "/*" | "--")) => pair.len(),
        _ if mark.starts_with(';') => 1,
        _ => return None,
    };
    let span = site.at(offset, length);
    if mark.trim_end() == ";" {
        return Some(Finding::new("`;` after a value", "remove it: the line ends the value", span).habit());
    }
    let end = if mark.starts_with("/*") {
        let open = site.start + offset + length;
        site.text.get(open..).and_then(|inside| inside.find("*/")).map_or(site.text.len(), |end| open + end)
    } else {
        span.end
    };
    let end = line_end(site.text, end);
    Some(Finding { end, ..Finding::new(MESSAGE, HELP, span).habit() })
}

/// Commas, brackets, colons and signs that TOML does not have at this place.
fn punctuation(site: Site<'_>) -> Option<Finding> {
    let before = site.before.trim_end();
    if site.is("key with no value") && before.ends_with(':') {
        let colon_at = site.start - (site.before.len() - before.len()) - 1;
        return Some(colon(colon_at..colon_at + 1));
    }
    let first = site.rest.chars().next()?;
    let span = site.at(0, first.len_utf8());
    let written = before.rsplit(['=', '[', ' ']).next().unwrap_or_default();
    let rest = site.rest.split('#').next().unwrap_or_default().trim_end();
    let whole = format!("{written}{rest}");
    match first {
        ',' if site.is_after() && is_grouped(&whole, ',') => Some(thousands(site)),
        ',' if site.is_after() && is_decimal(&whole) => Some(Finding::new(
            "a number with a comma",
            "write a decimal number with a point, such as 1.5",
            span,
        )),
        ',' if site.is_after() && rest == "," => {
            Some(Finding::new("`,` after a value", "remove it: the line ends the value", span).habit())
        }
        ',' if site.is_after() => Some(Finding::new(
            "several values for one key",
            "put a list in brackets: key = [1, 2], and each key on a line of its own",
            span,
        )),
        ',' if site.is("extra comma") => Some(Finding::new(
            "a comma without a value before it",
            "remove the comma, or write a value",
            span,
        )),
        ']' if site.is("unexpected key or value") => {
            Some(Finding::new("one `]` too many", "remove it", span))
        }
        '}' if site.is("unexpected key or value") => {
            Some(Finding::new("one `}` too many", "remove it", span))
        }
        '0'..='9' if site.is("unexpected leading zero") && before.ends_with(',') => {
            let group: alloc::string::String = rest.chars().take_while(char::is_ascii_digit).collect();
            (group.len() == 3 && written.trim_end_matches(',').ends_with(|c: char| c.is_ascii_digit()))
                .then(|| thousands(site))
        }
        '0'..='9' | '-' | '+'
            if site.is_value() && [' ', '\''].iter().any(|mark| is_grouped(rest, *mark)) =>
        {
            Some(thousands(site))
        }
        '=' if site.is("extra `=`") => {
            Some(Finding::new("one `=` too many", "write one `=` between key and value", span))
        }
        '>' if before.ends_with('=') => {
            Some(Finding::new("`=>` between key and value", "write `=` between key and value", span).habit())
        }
        ':' | '+' | '?' if site.is("key with no value") && site.rest.get(1..2) == Some("=") => {
            Some(Finding::new("a sign before `=`", "write `=` between key and value", span).habit())
        }
        ':' if site.is("key with no value") || site.is("invalid unquoted key") => Some(colon(span)),
        _ if site.is("key with no value") && before.trim_start() == "-" => Some(
            Finding::new("a list item of YAML", "write a list in brackets: key = [\"a\", \"b\"]", span)
                .habit(),
        ),
        _ => look_alike_character(site, first, span),
    }
}

fn colon(span: Range<usize>) -> Finding {
    Finding::new("`:` between key and value", "write `=` between key and value", span).habit()
}

fn thousands(site: Site<'_>) -> Finding {
    let help = "write 1000 or 1_000 for a thousand";
    let digits = site.rest.chars().take_while(|c| !matches!(c, '#' | ']' | '}')).map(char::len_utf8).sum();
    Finding::new("a number in groups of digits", help, site.at(0, digits))
}

/// A character that looks like an ASCII one, outside of strings.
fn look_alike_character(site: Site<'_>, first: char, span: Range<usize>) -> Option<Finding> {
    let ascii = look_alike(first)?;
    if ascii == '"' && site.is_value() {
        return None; // The finding about a string in curly quotes is better.
    }
    let help = match ascii {
        '"' => "use straight quotes: \"a key\" = 1".into(),
        '`' => return None,
        ascii => format!("write `{ascii}`"),
    };
    let message = format!("`{first}` (U+{:04X}) looks like `{ascii}`", u32::from(first)).into();
    let end = span.end;
    Some(Finding { message, help: help.into(), span, end, is_habit: true })
}

/// A word that stands for a value in another format.
fn word(site: Site<'_>) -> Option<Finding> {
    if !site.is_value() {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | '#' | ';');
    let word = site.rest.split(is_end).next()?;
    // A value of several words is a string without quotes.
    let after = site.rest.get(word.len()..)?.trim_start();
    if !(after.is_empty() || after.starts_with([',', ']', '}', '#', ';'])) {
        return None;
    }
    let span = site.at(0, word.len());
    let (message, help) = match word.to_ascii_lowercase().as_str() {
        "null" | "none" | "nil" | "undefined" | "~" => {
            ("TOML has no null", "leave the key out, or put `#` before it; leave an item of a list out")
        }
        "true" | "false" => ("a boolean with capital letters", "write `true` or `false` in lower case"),
        "yes" | "no" | "on" | "off" => {
            ("not a boolean of TOML", "write `true` or `false`, or put a string in quotes: key = \"text\"")
        }
        "nan" => ("a number with capital letters", "write `nan`"),
        "inf" | "infinity" | "+infinity" | "-infinity" | "+inf" | "-inf" => {
            ("a number that TOML spells otherwise", "write `inf` or `-inf`")
        }
        _ => return None,
    };
    Some(Finding::new(message, help, span))
}

/// A Windows path in double quotes, whose backslashes are escapes.
fn backslash(site: Site<'_>) -> Option<Finding> {
    let is_escape = site.is("missing escaped value") || site.message.contains("unicode hexadecimal value");
    if !is_escape {
        return None;
    }
    let string = site.before.rsplit('"').next().unwrap_or_default();
    let is_path = string.starts_with("\\\\")
        || (string.get(1..3) == Some(":\\") && string.starts_with(|c: char| c.is_ascii_alphabetic()));
    let help = "put a path in single quotes, which have no escapes: key = 'C:\\folder'";
    is_path.then(|| Finding::new("backslashes of a path are escapes in double quotes", help, site.at(0, 1)))
}

/// Whether a text is a number, a boolean or a date.
fn is_scalar(text: &str) -> bool {
    let is_date = || text.len() >= 8 && text.chars().all(|c| c.is_ascii_digit() || "-:.TZ+ ".contains(c));
    matches!(text, "true" | "false" | "inf" | "nan")
        || Number::parse(text.trim_start_matches('+')).is_ok()
        || Number::parse(&text.replace('_', "")).is_ok()
        || (text.starts_with(|c: char| c.is_ascii_digit()) && is_date())
}

/// Whether a text is a number with a mark between groups of three digits.
fn is_grouped(text: &str, mark: char) -> bool {
    let number = text.trim_start_matches(['-', '+']);
    let whole = number.split('.').next().unwrap_or_default();
    let are_digits = |group: &str| !group.is_empty() && group.chars().all(|c| c.is_ascii_digit());
    let mut groups = whole.split(mark);
    let first = groups.next().unwrap_or_default();
    let mut count = 0;
    let are_groups = groups.all(|group| {
        count += 1;
        group.len() == 3 && are_digits(group)
    });
    count > 0 && are_groups && first.len() <= 3 && are_digits(first)
}

/// Whether a text is a number with a decimal comma.
fn is_decimal(text: &str) -> bool {
    text.split_once(',').is_some_and(|(whole, fraction)| {
        let are_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        are_digits(whole.trim_start_matches(['-', '+'])) && are_digits(fraction)
    })
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests;
