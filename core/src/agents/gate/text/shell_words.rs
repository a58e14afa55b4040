//! Shell quoting of command lines.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::beginning;
use crate::agents::gate::measures::size;
use crate::agents::gate::plan::CommandLine;
use crate::text::is_control;

/// The program and its arguments, quoted for a POSIX shell. A long argument is truncated: `'its first 60 characters…' (5.1
/// kB)`.
pub(super) fn line(command: &CommandLine) -> String {
    let words = core::iter::once(&command.program).chain(&command.args).enumerate();
    let words = words.map(|(place, word)| match beginning(word) {
        Some(beginning) => format!("{} ({})", quoted(&beginning, place == 0), size(word.len() as u64)),
        None => quoted(word, place == 0),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// One word: bare, in single quotes, or, if it has control characters, as `$'…'` with those bytes in octal (POSIX.1-2024, Shell
/// Command Language, 2.2.4). A program with `=` is quoted, since a shell would read an assignment.
fn quoted(word: &str, is_program: bool) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_@%+:,./-".contains(c) || (c == '=' && !is_program);
    if !word.is_empty() && word.chars().all(is_bare) {
        return word.into();
    }
    if !word.chars().any(is_control) {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    let mut text = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\\' | '\'' => text.extend(['\\', c]),
            c if is_control(c) => {
                let mut bytes = [0; 4];
                text.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\{byte:03o}")));
            }
            c => text.push(c),
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_where_a_shell_needs_it() {
        for (word, shown) in [
            ("--model=gpt-5", "--model=gpt-5"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's $HOME `x` \\ !", "'it'\\''s $HOME `x` \\ !'"),
            ("~", "'~'"),
            ("é", "'é'"),
            ("two\nlines\\ 'quoted'\t\u{1b}[1m", "$'two\\nlines\\\\ \\'quoted\\'\\t\\033[1m'"),
            ("\u{202e}", "$'\\342\\200\\256'"),
        ] {
            assert_eq!(quoted(word, false), shown);
        }
        assert_eq!(quoted("A=b", true), "'A=b'");
    }
}
