//! The tokens of code in Rust, as far as the search for items needs them.

use alloc::vec;
use alloc::vec::Vec;

use super::super::{Region, Span};

/// A name, a number, a keyword, or another byte of code that is no blank.
pub(super) struct Token<'t> {
    pub(super) start: usize,
    pub(super) text: &'t str,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The code without its blanks, comments and literals.
pub(super) fn tokens<'t>(text: &'t str, spans: &[Span]) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for span in spans {
        if span.region == Region::Code {
            let mut rest = text.get(start..span.end).unwrap_or_default();
            while let Some(first) = rest.chars().next() {
                let raw = rest.strip_prefix("r#").map_or(0, name_length);
                let length = if raw > 0 { "r#".len() + raw } else { name_length(rest).max(first.len_utf8()) };
                let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                if !first.is_whitespace() {
                    tokens.push(Token { start: span.end - rest.len(), text: token });
                }
                rest = after;
            }
        }
        start = span.end;
    }
    tokens
}

fn name_length(text: &str) -> usize {
    text.find(|c| !is_name(c)).unwrap_or(text.len())
}

pub(super) fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// For each opening bracket the index of the one that closes it, if all brackets between match.
pub(super) fn closers(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let opening = match token.text {
            "(" | "[" | "{" => {
                open.push((index, token.text));
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        match open.pop() {
            Some((start, text)) if text == opening => {
                if let Some(closer) = closers.get_mut(start) {
                    *closer = Some(index);
                }
            }
            _ => open.clear(),
        }
    }
    closers
}
