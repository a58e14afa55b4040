//! Lexers divide every text into parts, and need a time that grows with its length.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::{Language, Span, lex};

mod go;
mod javascript;
mod oracle;
mod python;
mod rust;
mod shell;
mod sql;
mod toml;
mod yaml;

const LANGUAGES: [Language; 9] = [
    Language::Go,
    Language::JavaScript,
    Language::Python,
    Language::Rust,
    Language::Shell,
    Language::Sql,
    Language::Toml,
    Language::TypeScript,
    Language::Yaml,
];

/// What opens, closes or escapes a part in one of the languages, and what may stand beside it.
const PIECES: &[&str] = &[
    "'", "\"", "`", "'''", "\"\"\"", "\\", "\\'", "\\\"", "\\`", "\\\n", "/", "//", "/*", "*/", "/**/", "#",
    "##", "#!", "--", "---", "-", "$", "$$", "$a$", "$1", "${", "${a", "${#", "$((", "$(", "$'", "$\"", "$[",
    "<<", "<<E", "<<-E", "<<'E'", "<<<", "E", "\nE\n", "\n\tE\n", "<", ">", "(", ")", "((", "))", "[", "]",
    "{", "}", "r", "r#", "r\"", "br#\"", "b'", "c\"", "E'", "f\"", "f'", "rb'", "a", "1", "_", "é", "日",
    "\u{2028}", "=", ":", ": ", "- ", "| ", "|\n", ">-\n", ";", ";;", ",", "&", "|", "!", "?", ".", "*", "%",
    " ", "  ", "\t", "\n", "\r\n", "\r", "case ", " in ", "esac", "return", "<a>", "</a>", "\u{feff}", "\0",
];

/// Texts whose pieces the languages read in different ways.
fn soup() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => soup(), 1 => any::<String>(), 1 => "[ -~\n]{0,80}"]
}

/// The first rule that the parts of a text break.
fn broken_rule(text: &str, spans: &[Span]) -> Option<&'static str> {
    let starts = std::iter::once(0).chain(spans.iter().map(|span| span.end));
    if starts.zip(spans).any(|(start, span)| span.end <= start) {
        return Some("a part is empty");
    }
    if spans.last().map_or(0, |span| span.end) != text.len() {
        return Some("the parts do not end with the text");
    }
    if spans.iter().any(|span| !text.is_char_boundary(span.end)) {
        return Some("a part ends within a character");
    }
    spans.windows(2).any(|pair| pair[0].region == pair[1].region).then_some("neighbours are of one kind")
}

proptest! {
    #[test]
    fn the_parts_are_the_whole_text_and_neighbours_differ(text in any_text(), language in select(&LANGUAGES[..])) {
        prop_assert_eq!(broken_rule(&text, &lex(language, &text)), None);
    }
}

/// What a lexer with a quadratic search or a recursive function does not survive, if it is repeated.
const HOSTILE: &[(Language, &[&str])] = &[
    (Language::Go, &["'\\", "\"\\", "/*/", "`\""]),
    (Language::JavaScript, &["`${", "`\\", "/[", "/\\", "<a>{", "({", "'\\"]),
    (Language::Python, &["f'{", "f'{f\"{", "'''\\", "\"\"\"'''", "f'''{", "(["]),
    (Language::Rust, &["'\\", "'\\'", "\"\\", "r#\"", "r##\"#", "/*/*", "/* */ /*", "b'(", "#!/*"]),
    (
        Language::Shell,
        &[
            "'\\",
            "\"$(",
            "\"`",
            "`\\`",
            "${a:-",
            "\"${a:-\"",
            "\"${a:-'",
            "$((",
            "((",
            "$(case a in (",
            "@(",
            "<<A <<B ",
            "<<'A",
            "$(cat <<E\n",
            "$(a <<E\nE\n",
            "cat <<E\n$(",
            "\\\n",
            "case case ",
        ],
    ),
    (Language::Sql, &["/* /* */ ", "$a$ $b$ ", "$a", "'\\'\n", "''''\\'", "E'\\", "--'", "/*! ", "\"'"]),
    (Language::Toml, &["'''\\", "\"\"\"\\", "[", "{ a = [", "\"'"]),
    (Language::TypeScript, &["`${`${", "a<", "/* /"]),
    (Language::Yaml, &["a: |\n ", "- ", "[", "{ a: ", "'", "\"\\", "? "]),
];

/// Here-documents in each other, and dollar strings beside each other, each with a name of its own.
fn many_names() -> [(Language, String); 2] {
    let begins: String = (0..10_000).map(|number| format!("$(a <<E{number}\n")).collect();
    let ends: String = (0..10_000).rev().map(|number| format!("E{number}\n)\n")).collect();
    let tags: String = (0..50_000).map(|number| format!("$a{number}$ ")).collect();
    [(Language::Shell, begins + &ends), (Language::Sql, tags)]
}

#[test]
fn the_time_grows_with_the_length_of_the_text() {
    let of_language = |(language, pieces): &(Language, &[&str])| {
        let language = *language;
        pieces.iter().map(|piece| (language, piece.repeat(400_000 / piece.len()))).collect::<Vec<_>>()
    };
    let short = |language| PIECES.iter().map(move |piece| (language, piece.repeat(20_000 / piece.len())));
    let texts =
        HOSTILE.iter().flat_map(of_language).chain(LANGUAGES.into_iter().flat_map(short)).chain(many_names());
    for (language, text) in texts {
        let start = Instant::now();
        let spans = lex(language, &text);
        let elapsed = start.elapsed();
        let begin: String = text.chars().take(20).collect();
        // An unoptimized lexer on a busy machine needs a tenth of it. A search of the rest for each piece needs more.
        assert!(elapsed < Duration::from_secs(2), "{language:?} {begin:?} {elapsed:?}");
        assert_eq!(broken_rule(&text, &spans), None, "{language:?} {begin:?}");
    }
}
