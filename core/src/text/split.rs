//! Splits a command line into words as a POSIX shell does, without running one.

use alloc::string::String;
use alloc::vec::Vec;

/// Why a text is not a list of words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// There is no word.
    #[error("no command")]
    Empty,
    /// A quote is opened and not closed.
    #[error("the quote {quote} at character {column} is not closed")]
    Unclosed {
        /// The quote.
        quote: char,
        /// Its position in characters, from 1.
        column: usize,
    },
    /// The last character is a backslash.
    #[error("a backslash at the end escapes nothing")]
    Backslash,
    /// A character that only a shell understands, outside quotes.
    #[error("{character:?} at character {column} needs a shell")]
    NeedsShell {
        /// The character.
        character: char,
        /// Its position in characters, from 1.
        column: usize,
    },
}

/// The words of a command line: separated by spaces, tabs and line ends; quotes and backslashes as in a POSIX shell.
///
/// # Errors
/// A [`SplitError`] for a text without a word, for an open quote, and for a character outside quotes that a shell would
/// interpret: `|`, `&`, `;`, `<`, `>`, `$`, `` ` ``, `*`, `?`, `(` or `)`, or `$` and `` ` `` in double quotes. As words of a program they would silently
/// mean something else.
///
/// ```
/// use speckit_core::text::split_words;
/// assert_eq!(split_words(r#"grep -c "a b" 'it'\''s' x\ y"#).unwrap(), ["grep", "-c", "a b", "it's", "x y"]);
/// assert_eq!(split_words("sort | uniq").unwrap_err().to_string(), "'|' at character 6 needs a shell");
/// ```
pub fn split_words(line: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = (1..).zip(line.chars());
    while let Some((column, c)) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().push_str(&single_quoted(&mut chars, column)?),
            '"' => word.get_or_insert_default().push_str(&double_quoted(&mut chars, column)?),
            '\\' => word.get_or_insert_default().push(chars.next().ok_or(SplitError::Backslash)?.1),
            '|' | '&' | ';' | '<' | '>' | '$' | '`' | '*' | '?' | '(' | ')' => {
                return Err(SplitError::NeedsShell { character: c, column });
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if words.is_empty() { Err(SplitError::Empty) } else { Ok(words) }
}

/// The rest of a text in single quotes.
fn single_quoted(
    chars: &mut impl Iterator<Item = (usize, char)>,
    opened: usize,
) -> Result<String, SplitError> {
    let mut text = String::new();
    for (_, c) in chars {
        if c == '\'' {
            return Ok(text);
        }
        text.push(c);
    }
    Err(SplitError::Unclosed { quote: '\'', column: opened })
}

/// The rest of a text in double quotes, in which a backslash escapes only `"`, `\`, `$`, `` ` `` and a line end.
fn double_quoted(
    chars: &mut impl Iterator<Item = (usize, char)>,
    opened: usize,
) -> Result<String, SplitError> {
    let mut text = String::new();
    while let Some((column, c)) = chars.next() {
        match c {
            '"' => return Ok(text),
            '$' | '`' => return Err(SplitError::NeedsShell { character: c, column }),
            '\\' => match chars.next() {
                Some((_, '\n')) => {}
                Some((_, escaped @ ('"' | '\\' | '$' | '`'))) => text.push(escaped),
                Some((_, other)) => text.extend(['\\', other]),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(SplitError::Unclosed { quote: '"', column: opened })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::command_line;
    use alloc::string::ToString as _;

    #[test]
    fn a_quoted_line_is_split_into_the_same_words() {
        let words = ["a=b", "", "it's", "$HOME", "`x` | \"y\" \\", "é *?"];
        assert_eq!(split_words(&command_line(&words)).unwrap(), words);
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (line, words) in [
            ("  a\tb \n c  ", &["a", "b", "c"][..]),
            (r#"a""b'' '' """#, &["ab", "", ""]),
            (r#""\a\"\\\$" \"x"#, &[r#"\a"\$"#, "\"x"]),
            ("awk '{ print $1 }' {file}", &["awk", "{ print $1 }", "{file}"]),
            ("a#b #c ~", &["a#b", "#c", "~"]),
        ] {
            assert_eq!(split_words(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_split_has_a_reason() {
        for (line, reason) in [
            ("", "no command"),
            (" \n", "no command"),
            ("a 'b", "the quote ' at character 3 is not closed"),
            ("é \"b", "the quote \" at character 3 is not closed"),
            ("a \"b\\", "the quote \" at character 3 is not closed"),
            ("a \\", "a backslash at the end escapes nothing"),
            ("a >b", "'>' at character 3 needs a shell"),
            ("a \"$HOME\"", "'$' at character 4 needs a shell"),
            ("a && b", "'&' at character 3 needs a shell"),
            ("ls *.rs", "'*' at character 4 needs a shell"),
        ] {
            assert_eq!(split_words(line).unwrap_err().to_string(), reason, "{line}");
        }
    }
}
