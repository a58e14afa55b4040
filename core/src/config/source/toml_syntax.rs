//! The syntax errors of a TOML text, each with a help text, and without consequential errors.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use toml::de::{DeTable, DeValue};

use super::toml_foreign::explain;
use super::{syntax, too_deep};
use crate::text::count;
use crate::tree::{Code, Diagnostic, Key, Origin, Segment, Source};

/// The errors of the parser as diagnostics, in text order.
///
/// Only the first error of a line is reported, as the parser guesses after it. `root` is the part that could be
/// parsed.
pub(super) fn diagnostics(
    source: &Arc<Source>,
    root: &DeTable<'_>,
    errors: &[toml::de::Error],
) -> Vec<Diagnostic> {
    let mut errors: Vec<(Range<usize>, &str)> =
        errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut habits = Habits::default();
    let mut last_line = 0;
    let mut noise_end = None;
    let mut errors = errors.into_iter().peekable();
    while let Some((span, message)) = errors.next() {
        let mut rest = errors.clone();
        let words = unclosed(source.text(), message, span.start, &mut rest);
        if words.is_some() {
            errors = rest;
        }
        let words = words.or_else(|| {
            let is_word = is_in_list(message) && errors.peek().is_some_and(|(_, next)| is_key_in_list(next));
            (is_word || is_key_in_list(message)).then_some((
                "a key in a list",
                "close the list with `]` before the key, or write a table: { key = 1 }",
            ))
        });
        let (line, _) = source.line_at(u32::try_from(span.start).unwrap_or(u32::MAX));
        if line == last_line || noise_end.is_some_and(|end| span.start <= end) {
            continue;
        }
        last_line = line;
        if is_json(source.text(), span.start) {
            // Every line of it is a mistake.
            return Vec::from([diagnostic(source, root, message, span)]);
        }
        if let Some(words) = words {
            diagnostics.push(with_help(source, (words.0, Some(words.1)), span));
        } else if let Some(found) = explain(source.text(), message, span.start) {
            noise_end = Some(found.end);
            // After a comment in a list, the parser expects a comma.
            errors.next_if(|(next, message)| next.start > found.end && message.starts_with("missing comma"));
            if found.is_habit && habits.is_known(&found.message) {
                continue;
            }
            let diagnostic = syntax(source, Code::ParseToml, found.message.into_owned(), found.span);
            diagnostics.push(diagnostic.help(found.help));
        } else {
            diagnostics.push(diagnostic(source, root, message, span));
        }
    }
    habits.count_in(&mut diagnostics);
    diagnostics
}

/// Whether the text begins at `start`, with an object of JSON.
fn is_json(text: &str, start: usize) -> bool {
    let parts = text.split_at_checked(start);
    parts.is_some_and(|(before, rest)| rest.starts_with('{') && !before.contains(['=', '{']))
}

/// How many lines have the same mistake, by its message.
#[derive(Default)]
struct Habits(BTreeMap<String, usize>);

impl Habits {
    /// Counts a line with this mistake, and returns whether an earlier line has it.
    fn is_known(&mut self, message: &str) -> bool {
        let lines = self.0.entry(message.into()).or_default();
        *lines += 1;
        *lines > 1
    }

    /// Adds how many more lines have the mistake of a diagnostic.
    fn count_in(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in diagnostics {
            if let Some(more) = self.0.get(&diagnostic.message).map(|lines| lines - 1).filter(|n| *n > 0) {
                diagnostic.message.push_str(&format!("; also on {}", count(more, "more line")));
            }
        }
    }
}

/// The message and the help if an error at the byte `at` is a consequence of a list or an inline table that is not closed. Then
/// takes its further consequences from the errors behind it.
///
/// The parser reads the lines after an unclosed list as its items, each with its own error.
fn unclosed<'m>(
    text: &str,
    message: &str,
    at: usize,
    rest: &mut (impl Iterator<Item = (Range<usize>, &'m str)> + Clone),
) -> Option<(&'static str, &'static str)> {
    let line_of = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let is_first = |at: usize| text.get(line_of(at)..at).is_some_and(|before| before.trim().is_empty());
    if message.starts_with("missing comma between key-value") && is_first(at) {
        let is_open = rest.any(|(_, next)| next.starts_with("unclosed inline table"));
        return is_open.then_some(("unclosed table", "close the table with `}` before this line"));
    }
    if !is_in_list(message) {
        return None;
    }
    let assigned = if is_key_in_list(message) { Some(at) } else { None };
    let assigned = assigned.or_else(|| {
        let in_list = rest.clone().take_while(|(_, next)| is_in_list(next));
        in_list.filter(|(_, next)| is_key_in_list(next)).map(|(span, _)| span.start).next()
    })?;
    let is_open = rest.find(|(_, next)| !is_in_list(next)).is_some_and(|(_, next)| {
        next.starts_with("unclosed array") && !next.starts_with("unclosed array table")
    });
    let mut line = line_of(assigned);
    let is_own_line = text.get(line..assigned).is_some_and(|before| !before.contains('='));
    let above = text.get(..line).unwrap_or_default().trim_end();
    if header_of(text.get(line_of(above.len())..above.len()).unwrap_or_default().trim()).is_some() {
        line = line_of(above.len());
    }
    match is_own_line {
        _ if !is_open || at < line => None,
        true => Some(("unclosed list", "close the list with `]` before this line")),
        false => Some(("unclosed list", "close the list with `]` before the key")),
    }
}

/// Whether an error may be a consequence of an unclosed list.
fn is_in_list(message: &str) -> bool {
    ["missing comma between array", "string values must be quoted", "invalid boolean", "invalid float"]
        .iter()
        .any(|start| message.starts_with(start))
        || is_key_in_list(message)
}

fn is_key_in_list(message: &str) -> bool {
    message.starts_with("unexpected `=` in array")
}

fn diagnostic(source: &Arc<Source>, root: &DeTable<'_>, message: &str, span: Range<usize>) -> Diagnostic {
    if message.contains("recursion limit") || message.contains("recurse further") {
        return too_deep(source, span);
    }
    if message.starts_with("duplicate key") {
        return duplicate(source, root, span);
    }
    let text = source.text();
    let at = text.get(span.start..).unwrap_or_default();
    let is_word = at.starts_with(|c: char| c.is_alphabetic());
    if message.starts_with("string values must be quoted")
        || (is_word && (message.starts_with("invalid boolean") || message.starts_with("invalid float")))
    {
        let line = text.get(..span.start).and_then(|before| before.lines().next_back()).unwrap_or_default();
        return with_help(source, unquoted(at, line.rfind('{') > line.rfind('}')), span);
    }
    let shown = message.trim_end_matches('.').trim_end_matches(", expected nothing");
    with_help(source, (shown, help_for(message, at)), span)
}

fn with_help(source: &Arc<Source>, words: (&str, Option<&str>), span: Range<usize>) -> Diagnostic {
    let diagnostic = syntax(source, Code::ParseToml, words.0, span);
    match words.1 {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The message and help for a text that is not a value, maybe in an inline table.
fn unquoted(at: &str, is_in_table: bool) -> (&'static str, Option<&'static str>) {
    let at = at.trim_start_matches([' ', '\t']);
    let line = at.lines().next().and_then(|line| line.split('#').next()).unwrap_or_default();
    match at.chars().next() {
        _ if has_second_key(line) && is_in_table => {
            ("missing comma between two keys", Some("put a comma between two keys of a table"))
        }
        _ if has_second_key(line) => {
            ("two keys on one line", Some("start a new line for the next key, or put a string in quotes"))
        }
        None | Some('\n' | '\r' | '#') => {
            ("missing value", Some("write a value after `=`; an empty string is \"\""))
        }
        Some('\u{2018}'..='\u{201f}') => {
            ("a string in curly quotes", Some("use straight quotes: key = \"text\""))
        }
        Some('0'..='9' | '-' | '+' | '.') => (
            "invalid number",
            Some("write a number without a unit, or put a string in quotes: key = \"text\""),
        ),
        Some('`') => ("a string in backticks", Some("use straight quotes: key = \"text\"")),
        Some(_) if line.contains('\\') => {
            ("a string without quotes", Some("put a string with `\\` in single quotes: key = 'text'"))
        }
        Some(_) => ("a string without quotes", Some("put the string in quotes: key = \"text\"")),
    }
}

/// Whether a key and a `=` follow a value.
fn has_second_key(line: &str) -> bool {
    let Some((before, _)) = line.split_once('=') else { return false };
    let mut words = before.split_whitespace().rev();
    let is_key = |word: &str| word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    words.next().is_some_and(is_key) && words.next().is_some_and(|value| !value.ends_with(','))
}

fn help_for(message: &str, at: &str) -> Option<&'static str> {
    let begins = |start: &str| message.starts_with(start);
    Some(match message {
        _ if message.contains("visible characters") => "write the character as an escape, such as \\u0007",
        _ if begins("invalid basic string") => {
            "close the string with `\"` on the same line, or use `\"\"\"` for several lines"
        }
        _ if begins("invalid multi-line basic string") => "close the string with `\"\"\"`",
        _ if begins("invalid literal string") => "close the string with `'` on the same line",
        _ if begins("invalid multi-line literal string") => "close the string with `'''`",
        _ if begins("missing escaped value") => {
            "write a backslash as `\\\\`, or use single quotes, which have no escapes"
        }
        _ if message.contains("unicode hexadecimal value") => {
            "write a character as \\uXXXX or \\UXXXXXXXX; D800 to DFFF are not characters"
        }
        _ if begins("unclosed array table") => "close the header with `]]`",
        _ if begins("unclosed table") => "close the header with `]`",
        _ if begins("unclosed array") => "close the list with `]`",
        _ if begins("unclosed inline table") => "close the table with `}`",
        _ if begins("missing comma") => "put a comma between two items",
        _ if begins("invalid key-value pair") && at.starts_with('{') => {
            "TOML consists of `key = value` lines; a JSON file needs the extension `.json`"
        }
        _ if begins("invalid unquoted key") && at.starts_with(':') => "write `=` between key and value",
        _ if begins("invalid unquoted key") => "put the key in quotes: \"a key\" = 1",
        _ if begins("unquoted keys cannot be empty") && at.starts_with('=') => "write a key before `=`",
        _ if begins("unquoted keys cannot be empty") => "write a name here, or remove the dot",
        _ if begins("key with no value") => "write `key = value`",
        _ if begins("unexpected key or value") => "start a new line for the next key",
        _ if begins("unexpected leading zero") => "remove the leading zero, or put a string in quotes",
        _ if begins("invalid float") || begins("invalid integer") => {
            "write a number such as 10 or 0.5, or put a string in quotes"
        }
        _ if begins("invalid boolean") => "write `true` or `false` in lower case",
        _ if begins("carriage return") => "end lines with LF or CR LF",
        _ if begins("cannot extend value") => {
            "a key has either a value or keys below it; choose another name"
        }
        _ => return None,
    })
}

fn duplicate(source: &Arc<Source>, root: &DeTable<'_>, span: Range<usize>) -> Diagnostic {
    let name = source.text().get(span.clone()).unwrap_or_default();
    let help = match first_place(source, root, &span) {
        Some(first) => format!("keep one of them: the first is at {}", Origin::new(source, first)),
        None => String::from("keep one of them"),
    };
    syntax(source, Code::ParseDuplicateKey, format!("`{name}` is set a second time"), span).help(help)
}

/// The first place of the key that is set again at `span`.
fn first_place(source: &Source, root: &DeTable<'_>, span: &Range<usize>) -> Option<Range<usize>> {
    let line = source.line_at(u32::try_from(span.start).ok()?).1;
    let written = source.text().get(line.start..span.end)?.trim_start();
    let key: Key = match written.strip_prefix('[') {
        Some(header) => header.trim_start_matches('[').trim().parse().ok()?,
        None => {
            let above = source.text().get(..line.start)?;
            let header = above.lines().rev().find_map(|line| header_of(line.trim()));
            let below: Key = written.trim().parse().ok()?;
            let header = header.unwrap_or_default();
            below.segments().iter().fold(header, |key, segment| key.join(segment.clone()))
        }
    };
    in_tree(root, &key)
        .filter(|first| first.start < span.start)
        .or_else(|| in_text(source.text().get(..line.start)?, &key))
}

/// The place of the key in the part that could be parsed.
fn in_tree(root: &DeTable<'_>, key: &Key) -> Option<Range<usize>> {
    let mut table = root;
    let (last, path) = key.segments().split_last()?;
    for segment in path {
        let (_, value) = member(table, segment)?;
        let value = match value {
            DeValue::Array(elements) => elements.iter().next_back()?.get_ref(),
            value => value,
        };
        let DeValue::Table(below) = value else { return None };
        table = below;
    }
    member(table, last).map(|(place, _)| place)
}

/// The place of the key in the text, since the parser keeps only the second of two equal headers.
fn in_text(lines: &str, key: &Key) -> Option<Range<usize>> {
    let mut header = Key::root();
    let mut start = 0;
    for line in lines.split_inclusive('\n') {
        let written = line.trim();
        let place = start + line.len() - line.trim_start().len();
        start += line.len();
        if let Some(next) = header_of(written) {
            header = next;
            if header == *key {
                return Some(place..place + written.len());
            }
        } else if let Some((name, _)) = written.split_once('=')
            && let Ok(below) = name.trim().parse::<Key>()
            && below.segments().iter().fold(header.clone(), |key, step| key.join(step.clone())) == *key
        {
            return Some(place..place + name.trim().len());
        }
    }
    None
}

fn member<'t, 'i>(table: &'t DeTable<'i>, segment: &Segment) -> Option<(Range<usize>, &'t DeValue<'i>)> {
    let Segment::Name(wanted) = segment else { return None };
    let mut members = table.iter();
    let (name, value) = members.find(|(name, _)| name.get_ref().as_ref() == wanted.as_str())?;
    Some((name.span(), value.get_ref()))
}

/// The key of a header line.
fn header_of(line: &str) -> Option<Key> {
    let (header, rest) = line.strip_prefix('[')?.rsplit_once(']')?;
    let is_whole = rest.trim().is_empty() || rest.trim_start().starts_with('#');
    let header = header.trim_start_matches('[').trim_end_matches(']').trim().to_string();
    is_whole.then(|| header.parse().ok())?
}
