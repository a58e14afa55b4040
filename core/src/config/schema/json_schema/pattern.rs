//! Patterns: ECMA-262 regular expressions. All but the simplest are translated to the dialect of `fancy-regex`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use core::iter::Peekable;
use core::str::Chars;

use fancy_regex::Regex;
use once_cell::race::OnceBox;

use super::ascii_pattern::AsciiPattern;

/// A pattern, compiled when it is first used. Cloning copies a pointer.
#[derive(Clone)]
pub(super) struct Pattern(Arc<PatternText>);

struct PatternText {
    text: Box<str>,
    matcher: Matcher,
}

enum Matcher {
    Ascii(AsciiPattern),
    Engine(LazyRegex),
}

struct LazyRegex {
    translated: Box<str>,
    /// `None` if the engine does not support the pattern.
    regex: OnceBox<Option<Regex>>,
}

impl Pattern {
    /// A pattern of ECMA-262 (2020, without flags but over Unicode code points).
    ///
    /// # Errors
    /// The syntax that ECMA-262, or the engine, does not support.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let pattern = Self::uncompiled(text)?;
        if let Matcher::Engine(lazy) = &pattern.0.matcher {
            let regex = Regex::new(&lazy.translated).map_err(|error| first_line(&error.to_string()))?;
            drop(lazy.regex.set(Box::new(Some(regex))));
        }
        Ok(pattern)
    }

    /// The same, for a pattern that is known to be valid: it is compiled when it is first used.
    ///
    /// # Errors
    /// Some syntax that ECMA-262 does not have.
    pub(super) fn uncompiled(text: &str) -> Result<Self, String> {
        let matcher = match AsciiPattern::new(text) {
            Some(ascii) => Matcher::Ascii(ascii),
            None => Matcher::Engine(LazyRegex { translated: translate(text)?.into(), regex: OnceBox::new() }),
        };
        Ok(Self(Arc::new(PatternText { text: text.into(), matcher })))
    }

    /// Whether the pattern matches anywhere in the text; `None` if that exceeds the limit of backtracking, which only
    /// patterns with look-around or back references can.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        match &self.0.matcher {
            Matcher::Ascii(ascii) => Some(ascii.is_match(text)),
            Matcher::Engine(lazy) => {
                let compile = || Box::new(Regex::new(&lazy.translated).ok());
                lazy.regex.get_or_init(compile).as_ref()?.is_match(text).ok()
            }
        }
    }

    /// The same, where a pattern that exceeds the limit does not match.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.matches(text) == Some(true)
    }

    /// The pattern as it was written.
    pub(super) fn as_str(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.0.text)
    }
}

fn first_line(message: &str) -> String {
    message.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("not a pattern").to_string()
}

const DIGIT: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
/// WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3.
const SPACE: &str = r"\t\n\x0b\x0c\r \x{a0}\x{feff}\x{2028}\x{2029}\p{Zs}";
const LINE_ENDS: &str = r"\n\r\x{2028}\x{2029}";

fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out, false)?,
            '[' => class(&mut chars, &mut out)?,
            '.' => out.push_str(&format!("[^{LINE_ENDS}]")),
            '$' => out.push_str(r"\z"),
            '{' if !is_quantifier(chars.clone()) => out.push_str(r"\{"),
            '(' if begins_named_group(chars.clone()) => {
                out.push_str("(?P<");
                chars.nth(1);
            }
            // ECMA-262 has neither inline flags nor atomic groups.
            '(' if chars.peek() == Some(&'?') => match chars.clone().nth(1) {
                Some(':' | '=' | '!' | '<') => out.push('('),
                _ => return Err("ECMA-262 has no such group".into()),
            },
            c => out.push(c),
        }
    }
    Ok(out)
}

/// `(?<name>`, but neither `(?<=` nor `(?<!`.
fn begins_named_group(mut chars: Peekable<Chars<'_>>) -> bool {
    chars.next() == Some('?') && chars.next() == Some('<') && !matches!(chars.next(), Some('=' | '!') | None)
}

/// `{2}`, `{2,}` or `{2,3}`; any other brace is a character.
fn is_quantifier(chars: Peekable<Chars<'_>>) -> bool {
    let inside: String = chars.take_while(|c| *c != '}').collect();
    let (low, high) = inside.split_once(',').unwrap_or((&inside, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    let negated = chars.next_if_eq(&'^').is_some();
    if chars.next_if_eq(&']').is_some() {
        // `[]` matches nothing and `[^]` everything.
        out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
        return Ok(());
    }
    out.push_str(if negated { "[^" } else { "[" });
    loop {
        match chars.next() {
            None => return Err("unclosed `[`".into()),
            Some(']') => break,
            Some('\\') => escape(chars, out, true)?,
            Some(c @ ('[' | '&' | '~' | '^')) => {
                out.push('\\');
                out.push(c);
            }
            Some(c) => out.push(c),
        }
    }
    out.push(']');
    Ok(())
}

fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) -> Result<(), String> {
    let set = |out: &mut String, members: &str, negated: bool| match (in_class, negated) {
        (true, false) => out.push_str(members),
        (_, true) => out.push_str(&format!("[^{members}]")),
        (false, false) => out.push_str(&format!("[{members}]")),
    };
    match chars.next().ok_or("unfinished escape at the end")? {
        'd' => set(out, DIGIT, false),
        'D' => set(out, DIGIT, true),
        'w' => set(out, WORD, false),
        'W' => set(out, WORD, true),
        's' => set(out, SPACE, false),
        'S' => set(out, SPACE, true),
        'b' if in_class => out.push_str(r"\x08"),
        '-' if in_class => out.push_str(r"\-"),
        '0' => out.push_str(r"\x00"),
        'c' => match chars.next() {
            Some(letter) if letter.is_ascii_alphabetic() => code_point(out, u32::from(letter) % 32),
            _ => return Err("`\\c` without a letter".into()),
        },
        'x' => code_point(out, hex(chars, 2)?),
        'u' => code_point(out, unicode_escape(chars)?),
        'k' => {
            out.push_str("(?P=");
            if chars.next() != Some('<') {
                return Err("`\\k` without `<name>`".into());
            }
            let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
            out.push_str(&name);
            out.push(')');
        }
        c @ ('p' | 'P') => {
            if chars.next() != Some('{') {
                return Err(format!("`\\{c}` without `{{property}}`"));
            }
            let property: String = chars.by_ref().take_while(|c| *c != '}').collect();
            out.push_str(&format!("\\{c}{{{property}}}"));
        }
        c @ ('n' | 'r' | 't' | 'b' | 'B' | '1'..='9') => {
            out.push('\\');
            out.push(c);
        }
        'f' => out.push_str(r"\x0c"),
        'v' => out.push_str(r"\x0b"),
        c if c.is_ascii_alphanumeric() => {
            return Err(format!("ECMA-262 has no escape `\\{c}`"));
        }
        c => {
            if c.is_ascii_punctuation() && !"/\"'`%,:;=!@_<>".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    Ok(())
}

fn unicode_escape(chars: &mut Peekable<Chars<'_>>) -> Result<u32, String> {
    if chars.next_if_eq(&'{').is_some() {
        let digits: String = chars.by_ref().take_while(|c| *c != '}').collect();
        return u32::from_str_radix(&digits, 16).map_err(|_| "`\\u{…}` without a code point".into());
    }
    let high = hex(chars, 4)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Ok(high);
    }
    if chars.next() != Some('\\') || chars.next() != Some('u') {
        return Err("half a surrogate pair".into());
    }
    let low = hex(chars, 4)?;
    match low.checked_sub(0xdc00) {
        Some(low) if low < 0x400 => Ok(0x10000 + ((high - 0xd800) << 10) + low),
        _ => Err("half a surrogate pair".into()),
    }
}

fn hex(chars: &mut Peekable<Chars<'_>>, digits: usize) -> Result<u32, String> {
    let text: String = chars.by_ref().take(digits).collect();
    match u32::from_str_radix(&text, 16) {
        Ok(code) if text.len() == digits => Ok(code),
        _ => Err(format!("expected {digits} hexadecimal digits in an escape")),
    }
}

fn code_point(out: &mut String, code: u32) {
    out.push_str(&format!(r"\x{{{code:x}}}"));
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text)
    }

    #[test]
    fn character_classes_follow_ecma() {
        assert!(!matches(r"^\d$", "߀"), "a digit of NKo");
        assert!(!matches(r"^\w$", "é"));
        assert!(matches(r"^\s$", "\u{feff}"));
        assert!(!matches(r"^\S$", "\u{a0}"));
        assert!(matches(r"^[\d\-x]$", "-"));
        assert!(matches(r"^[^\W]$", "a") && !matches(r"^[^\W]$", "é"));
    }

    #[test]
    fn the_end_is_the_end_and_a_dot_is_no_line_end() {
        assert!(!matches("^abc$", "abc\n"));
        assert!(!matches("^.$", "\u{2028}"));
        assert!(matches("^[^]$", "\n"));
    }

    #[test]
    fn escapes_and_literals_survive() {
        assert!(
            matches(r"^\cC$", "\u{3}") && matches(r"^\u{1f600}$", "😀") && matches(r"^\uD83D\uDE00$", "😀")
        );
        assert!(matches("^[[&&a]$", "[") && matches("^a{,2}$", "a{,2}") && matches(r"^\/$", "/"));
        assert!(matches(r"^(?<y>\d)-\k<y>$", "1-1") && matches("^(?!x)y", "y"));
        assert!(matches(r"^\p{Letter}+$", "żółć"));
    }

    #[test]
    fn a_simple_pattern_matches_what_the_engine_matches() {
        let texts: Vec<String> = words(&["a", "b", "1", "_", "é"], 3);
        let parts = ["a", "[ab]", "[^a]", "[0-9_-]", r"\w", "(", ")", "|", "*", "?"];
        let whole = words(&parts, 4).into_iter().map(|inner| format!("^{inner}$"));
        let starts = words(&parts, 3).into_iter().map(|inner| format!("^{inner}"));
        let classes = ["[^]", "[]", "[^^]", "[a^]", "[^-]", "[^a-]", r"[^\w]", r"[^\d-]", "[^0-9]"];
        let classes = classes.into_iter().flat_map(|class| [format!("^{class}"), format!("^1{class}a$")]);
        let mut simple = 0;
        for pattern in whole.chain(starts).chain(classes) {
            let Some(ascii) = AsciiPattern::new(&pattern) else { continue };
            let engine = Regex::new(&translate(&pattern).unwrap()).unwrap();
            simple += 1;
            for text in &texts {
                assert_eq!(ascii.is_match(text), engine.is_match(text).unwrap(), "{pattern} {text}");
            }
        }
        assert!(simple > 1000, "{simple}");
    }

    /// Every text of up to `length` of the parts.
    fn words(parts: &[&str], length: usize) -> Vec<String> {
        let mut all = Vec::from([String::new()]);
        let mut last = all.clone();
        for _ in 0..length {
            last =
                last.iter().flat_map(|word| parts.iter().map(move |part| format!("{word}{part}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn a_pattern_of_names_needs_no_engine() {
        let simple = |pattern: &str| AsciiPattern::new(pattern).is_some();
        assert!(simple("^[a-z][a-z0-9]*(_[a-z0-9]+)*$") && simple(r"^(?:a|bc)?\d+\.x$") && simple("^$"));
        assert!(simple("^[^-]") && simple("^https?://") && simple("^[^]$"));
        for pattern in
            ["a", "a$", "^a|b", "^a|b$", "^é$", "^.$", "^a{2}$", "^(?!a)$", r"^a\$", "^(a$", "^a)$"]
        {
            assert!(!simple(pattern), "{pattern}");
        }
        let long = format!("^{}$", "a".repeat(65));
        assert!(!simple(&long) && Pattern::new(&long).unwrap().is_match(&"a".repeat(65)));
    }

    #[test]
    fn syntax_outside_of_ecma_is_rejected() {
        for pattern in [r"\a", r"^\S(|(.|\n)*\S)\Z", "(?i)a", "[a", "(", r"\x1", "a\\"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
