//! Command lines as text, quoted for a POSIX shell.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::is_control;

/// The words as one line that a POSIX shell splits into them again.
///
/// ```
/// use speckit_core::text::command_line;
/// assert_eq!(command_line(&["grep", "-c", "a b", "it's"]), "grep -c 'a b' 'it'\\''s'");
/// ```
pub fn command_line<W: AsRef<str>>(words: &[W]) -> String {
    let quoted = words.iter().enumerate().map(|(place, word)| quoted_word(word.as_ref(), place == 0));
    quoted.collect::<Vec<_>>().join(" ")
}

/// One word: bare, in single quotes, or, if it has control characters, as `$'…'` with those bytes in octal (POSIX.1-2024, Shell
/// Command Language, 2.2.4). A program with `=` is quoted, since a shell would read an assignment.
pub(crate) fn quoted_word(word: &str, is_program: bool) -> String {
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
            assert_eq!(quoted_word(word, false), shown);
        }
        assert_eq!(quoted_word("A=b", true), "'A=b'");
    }
}
