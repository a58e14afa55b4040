//! What lexers are compared with: another reader of the language, in this process or in one of its own.

use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use speckit_core::policy::lexer::{Language, Region, Span, lex};
use speckit_tests::cases;

/// The strings and comments of a text, in bytes.
pub(super) type Marked = Vec<(Region, Range<usize>)>;

/// What an oracle finds in a text; nothing if it refuses the text.
pub(super) type OracleAnswer = Option<Marked>;

/// Whether what is found for a byte contradicts what the oracle says of it.
pub(super) type Contradicts = fn(found: Region, expected: Region) -> bool;

/// Where the parts of a text first contradict those of the oracle. White space is not compared.
fn difference(language: Language, text: &str, expected: &Marked, contradicts: Contradicts) -> Option<String> {
    let mut start = 0;
    let mut found = Vec::new();
    for Span { region, end } in lex(language, text) {
        found.extend(std::iter::repeat_n(region, end - start));
        start = end;
    }
    assert_eq!(found.len(), text.len(), "the parts end where the text ends");
    let mut wanted = vec![Region::Code; text.len()];
    for (region, range) in expected {
        wanted[range.clone()].fill(*region);
    }
    let at = (0..text.len())
        .find(|at| !text.as_bytes()[*at].is_ascii_whitespace() && contradicts(found[*at], wanted[*at]))?;
    let line = text[..at].matches('\n').count() + 1;
    let rest: String = String::from_utf8_lossy(&text.as_bytes()[at..]).chars().take(40).collect();
    Some(format!("line {line}: {:?} is {:?} instead of {:?}", rest, found[at], wanted[at]))
}

/// Fails for the shortest text whose parts differ from those of the oracle. Returns how many texts it accepts.
#[track_caller]
pub(super) fn assert_same<'t>(
    language: Language,
    pairs: impl IntoIterator<Item = (&'t str, OracleAnswer)>,
) -> usize {
    assert_agree(language, pairs, |found, expected| found != expected)
}

/// Fails for the shortest text a part of which contradicts the oracle. Returns how many texts it accepts.
#[track_caller]
pub(super) fn assert_agree<'t>(
    language: Language,
    pairs: impl IntoIterator<Item = (&'t str, OracleAnswer)>,
    contradicts: Contradicts,
) -> usize {
    let pairs = pairs.into_iter().filter_map(|(text, expected)| Some((text, expected?)));
    let mut accepted = 0;
    let mut worst: Option<(&str, String)> = None;
    for (text, expected) in pairs {
        accepted += 1;
        if worst.as_ref().is_none_or(|(worst, _)| text.len() < worst.len())
            && let Some(difference) = difference(language, text, &expected, contradicts)
        {
            worst = Some((text, difference));
        }
    }
    let Some((text, difference)) = worst else { return accepted };
    let excerpt: String = text.chars().take(500).collect();
    panic!("{difference}\nin {excerpt:?}\n{excerpt}");
}

/// Fails if the oracle accepts less than one of `share` generated texts: the others check nothing.
#[track_caller]
pub(super) fn assert_share(accepted: usize, texts: &[String], share: usize) {
    let is_measured = texts.len() >= 1000;
    assert!(
        !is_measured || accepted * share >= texts.len(),
        "the oracle accepts {accepted} of {}",
        texts.len()
    );
}

/// So many texts of a strategy, unless `PROPTEST_CASES` sets another number.
pub(super) fn generate(strategy: impl Strategy<Value = String>, number: u32) -> Vec<String> {
    let config = cases(number);
    let number = config.cases;
    let mut runner = TestRunner::new(config);
    (0..number).map(|_| strategy.new_tree(&mut runner).expect("no text is filtered out").current()).collect()
}

/// Gives the texts to a program as a JSON list, and reads its answers.
///
/// # Panics
///
/// If the program fails.
pub(super) fn ask(program: &mut Command, texts: &[impl AsRef<str>]) -> Vec<OracleAnswer> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum MarkKind {
        String,
        Comment,
    }
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let question = serde_json::to_vec(&texts).unwrap();
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&question));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program:?} failed");
    let answers: Vec<Option<Vec<(MarkKind, usize, usize)>>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), texts.len(), "one answer for each text");
    let region = |mark: MarkKind| match mark {
        MarkKind::String => Region::String,
        MarkKind::Comment => Region::Comment,
    };
    let marked = |marks: Vec<(MarkKind, usize, usize)>| {
        marks.into_iter().map(|(mark, start, end)| (region(mark), start..end)).collect()
    };
    answers.into_iter().map(|answer| answer.map(marked)).collect()
}

/// Whether the program runs with these arguments and succeeds.
pub(super) fn runs(program: &mut Command) -> bool {
    program
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The texts of up to `limit` files below a folder whose names end in one of these ways, in the order of their paths.
pub(super) fn files(folder: &Path, ends: &[&str], limit: usize) -> Vec<(PathBuf, String)> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop()
        && files.len() < limit
    {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort_unstable();
        for path in paths {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end))
                && let Ok(text) = fs::read_to_string(&path)
            {
                files.push((path, text));
            }
        }
    }
    files.truncate(limit);
    files
}

/// Where cargo keeps the sources of crates.
pub(super) fn crates() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).unwrap_or_default().join("registry/src")
}

/// A script beside this file.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("properties/policy/lexers").join(name)
}
