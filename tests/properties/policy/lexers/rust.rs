//! The parts of a text in Rust are those that rustc's own lexer finds.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, strip_shebang, tokenize};
use speckit_core::policy::lexer::{Language, Region, Span, lex};
use speckit_tests::{tracked_files, workspace};

use super::broken_rule;

/// The kind of a token, unless it is an error after which nothing is certain.
fn region(kind: TokenKind, text: &str) -> Option<Region> {
    match kind {
        TokenKind::LineComment { .. } | TokenKind::BlockComment { terminated: true, .. } => {
            Some(Region::Comment)
        }
        TokenKind::BlockComment { terminated: false, .. } => None,
        TokenKind::Frontmatter { has_invalid_preceding_whitespace, invalid_infostring } => {
            let dashes = text.len() - text.trim_start_matches('-').len();
            let closed = text.rsplit('\n').next().is_some_and(|line| line.starts_with(&text[..dashes]));
            (closed && !has_invalid_preceding_whitespace && !invalid_infostring).then_some(Region::Code)
        }
        TokenKind::Literal { kind, .. } => literal(kind),
        _ => Some(Region::Code),
    }
}

fn literal(kind: LiteralKind) -> Option<Region> {
    match kind {
        LiteralKind::Int { .. } => Some(Region::Code),
        LiteralKind::Float { empty_exponent, .. } => (!empty_exponent).then_some(Region::Code),
        LiteralKind::Char { terminated }
        | LiteralKind::Byte { terminated }
        | LiteralKind::Str { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::CStr { terminated } => terminated.then_some(Region::String),
        LiteralKind::RawStr { n_hashes }
        | LiteralKind::RawByteStr { n_hashes }
        | LiteralKind::RawCStr { n_hashes } => n_hashes.map(|_| Region::String),
    }
}

/// The parts that rustc's lexer finds, unless it finds an error.
fn parts_of_rustc(text: &str) -> Option<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::new();
    let mut add = |region, end| match spans.last_mut() {
        Some(last) if last.region == region => last.end = end,
        Some(last) if last.end == end => {}
        None if end == 0 => {}
        _ => spans.push(Span { region, end }),
    };
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let first_line = strip_shebang(&text[mark..]).unwrap_or(0);
    let mut at = mark + first_line;
    at -= usize::from(at == text.len() && first_line > 0 && text.ends_with('\r'));
    add(Region::Code, mark);
    add(Region::Comment, at);
    let mut front_matter = FrontmatterAllowed::Yes;
    'tokens: loop {
        for token in tokenize(&text[at..], front_matter) {
            // Before the edition 2024 a hash before a string is a token of its own.
            if token.kind == TokenKind::GuardedStrPrefix {
                at += 1;
                add(Region::Code, at);
                front_matter = FrontmatterAllowed::No;
                continue 'tokens;
            }
            let end = at + token.len as usize;
            let region = region(token.kind, &text[at..end])?;
            let line_end =
                matches!(token.kind, TokenKind::LineComment { .. }) && text[at..end].ends_with('\r');
            add(region, end - usize::from(line_end));
            if line_end {
                add(Region::Code, end);
            }
            at = end;
        }
        return Some(spans);
    }
}

/// Where both readings differ first.
fn difference(text: &str) -> Option<String> {
    let (found, expected) = (lex(Language::Rust, text), parts_of_rustc(text)?);
    let same = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
    let start = same.checked_sub(1).map_or(0, |last| found[last].end);
    let about = |spans: &[Span]| {
        spans.get(same).map(|span| (span.region, text[start..span.end].chars().take(80).collect::<String>()))
    };
    (found != expected)
        .then(|| format!("byte {start}: {:?} instead of {:?}", about(&found), about(&expected)))
}

/// What begins, ends, or is easily taken for a literal or a comment of Rust.
const PIECES: &[&str] = &[
    "'",
    "'",
    "'",
    "\"",
    "\"",
    "\"",
    "#",
    "#",
    "##",
    "r",
    "r#",
    "r\"",
    "r#\"",
    "\"#",
    "br",
    "br#\"",
    "b",
    "b'",
    "b\"",
    "c",
    "c\"",
    "cr#\"",
    "k#",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\u{27}",
    "\\\n",
    "/",
    "//",
    "///",
    "//!",
    "/*",
    "*/",
    "/**",
    "/*!",
    "*",
    "'a",
    "'a'",
    "'_",
    "'static",
    "'r#a",
    "'\"'",
    "'\\''",
    "'/'",
    "é",
    "日",
    "'é'",
    "'é",
    "\u{2028}",
    "\u{85}",
    "a",
    "_",
    "0",
    "1",
    "0b",
    "0x1",
    "1.",
    "1.5",
    "e",
    "2e3",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "!",
    "=",
    "<",
    ">",
    "&",
    ",",
    ";",
    ".",
    "-",
    "---",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "fn",
    "\"a\"",
    "\"'\"",
    "r\"\\\"",
    "r#\"\"\"#",
    "b'\\\\'",
    "/*\"*/",
    "// '\n",
    "// \"\n",
];

const BEGINNINGS: &[&str] = &[
    "",
    "",
    "",
    "#!",
    "#!/a\n",
    "#![a]",
    "#! /**/ [",
    "\u{feff}",
    "\u{feff}#!/a\r\n",
    "---\n",
    "---a\n'\n---\n",
    "\n----\n\"\n----\n",
    "#!/a\n---\n",
];

fn soup() -> impl Strategy<Value = String> {
    let pieces = vec(select(PIECES), 0..16).prop_map(|pieces| pieces.concat());
    (select(BEGINNINGS), pieces).prop_map(|(beginning, pieces)| format!("{beginning}{pieces}"))
}

proptest! {
    #![proptest_config(speckit_tests::cases(4096))]

    #[test]
    fn the_parts_are_those_of_rustc(text in soup()) {
        prop_assert_eq!(broken_rule(&text, &lex(Language::Rust, &text)), None);
        prop_assert_eq!(difference(&text), None);
    }
}

#[test]
fn most_texts_of_the_soup_are_read_by_rustc_without_an_error() {
    let mut runner = TestRunner::deterministic();
    let texts = (0..1000).map(|_| soup().new_tree(&mut runner).unwrap().current());
    let read = texts.filter(|text| parts_of_rustc(text).is_some_and(|spans| spans.len() > 2)).count();
    assert!(read > 150, "{read}");
}

/// The sources of the workspace, and up to 1,000 of the crates that cargo has downloaded.
fn sources() -> Vec<PathBuf> {
    let is_rust = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let mut files: Vec<PathBuf> = tracked_files().into_iter().map(|path| workspace().join(path)).collect();
    files.retain(|path| is_rust(path));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let mut folders = Vec::from_iter(home.map(|home| home.join("registry/src")));
    let limit = files.len() + 1000;
    while let Some(folder) = folders.pop()
        && files.len() < limit
    {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if is_rust(&path) {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn the_parts_of_real_sources_are_those_of_rustc() {
    let mut read = 0;
    for path in sources() {
        // Crates ship files that are no UTF-8 or no Rust, for their own tests.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        assert_eq!(broken_rule(&text, &lex(Language::Rust, &text)), None, "{}", path.display());
        assert_eq!(difference(&text), None, "{}", path.display());
        read += usize::from(parts_of_rustc(&text).is_some());
    }
    assert!(read > 300, "{read}");
}
