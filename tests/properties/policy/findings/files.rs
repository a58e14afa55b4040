//! Small files in several languages, made of what is hard about them.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A file of a checked tree.
#[derive(Clone, Debug)]
pub(super) struct SampleFile {
    pub(super) path: String,
    pub(super) statements: Vec<Statement>,
}

/// The words of a file.
pub(super) type Words = Vec<&'static str>;

/// Whole lines of a file, complete in their language.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    /// It is an item of Rust that exists only in tests.
    pub(super) is_test: bool,
}

impl SampleFile {
    pub(super) fn text(&self) -> String {
        self.statements.iter().map(|statement| statement.text.as_str()).collect()
    }

    /// The bytes of each test.
    pub(super) fn tests(&self) -> Vec<Range<usize>> {
        let mut end = 0;
        let ranges = self.statements.iter().map(|statement| {
            let start = end;
            end += statement.text.len();
            (statement.is_test, start..end)
        });
        ranges.filter(|(is_test, _)| *is_test).map(|(_, range)| range).collect()
    }
}

/// The statements of a language. `@` is a word.
fn forms(extension: &str) -> &'static [&'static str] {
    match extension {
        "rs" => &[
            "@(@);\n",
            "let s = \"@ \\\" @\"; @;\n",
            "let r = r#\"@ \" @\n@\"#;\n",
            "@ /* @ /* @ */ @\n */ @;\n",
            "// @ @\n",
            "let c = '\"'; @(\n    @,\n    // @\n    @,\n);\r\n",
            "fn f<'a>() { @; } // @\n",
            "#[cfg(test)]\nmod tests {\n    fn a() { @(@); }\n    // @\n}\n",
            "#[test]\nfn a() {\n    @();\n}\n",
        ],
        "py" => &[
            "@(@)\n",
            "s = '@' + f\"{@('@')} @\"\n",
            "\"\"\"@\n@ ''' @\"\"\"\n",
            "# @ @\n",
            "@(\n    @,  # @\n    r'@\\' @',\n)\n",
        ],
        "ts" => &[
            "@(@);\n",
            "const s = `@ ${@(\"@\")}\n@`;\n",
            "const r = /[@/\"]/g, q = @ / @; // @\n",
            "/* @\n@ */ @;\n",
        ],
        "sh" => &["@ \"@ $(@ '@')\" # @\n", "cat <<E\n@ $(@)\nE\n", "echo ${#x} $'@\\'@' @\n", "# @\n"],
        "go" => &["@(@)\n", "s := `@\n@` + \"@\" // @\n", "/* @ */ @\n"],
        "sql" => &["select @ -- @\n;\n", "select '@''@', \"@\" /* @ */;\n"],
        "toml" => &["a = \"@\" # @\n", "b = '''\n@\n'''\n", "[@]\n"],
        "yaml" => &["a: @ # @\n", "b: |\n  @ # @\n  @\n", "c: \"@ # @\"\n"],
        _ => &["@ @\n", "# @\n", "@\r\n@\n"],
    }
}

const EXTENSIONS: [&str; 9] = ["rs", "py", "ts", "sh", "go", "sql", "toml", "yaml", "txt"];

fn statement(extension: &'static str, words: Words) -> impl Strategy<Value = Statement> {
    (select(forms(extension)), vec(select(words), 5)).prop_map(|(form, words)| {
        let mut words = words.into_iter().cycle();
        let parts = form.split_inclusive('@');
        let text = parts.map(|part| match part.strip_suffix('@') {
            Some(before) => before.to_owned() + words.next().unwrap_or_default(),
            None => part.to_owned(),
        });
        Statement { text: text.collect(), is_test: form.starts_with("#[") }
    })
}

fn path(extension: &'static str) -> impl Strategy<Value = String> {
    select(vec!["", "src/", "src/a b/", "é/", "tests/"])
        .prop_flat_map(move |folder| "[a-c]".prop_map(move |name| format!("{folder}{name}.{extension}")))
}

/// A file whose statements are complete.
pub(super) fn file(words: Words) -> impl Strategy<Value = SampleFile> {
    select(&EXTENSIONS[..])
        .prop_flat_map(move |extension| (path(extension), vec(statement(extension, words.clone()), 0..8)))
        .prop_map(|(path, statements)| SampleFile { path, statements })
}

/// Files with different paths.
pub(super) fn files(words: Words) -> impl Strategy<Value = Vec<SampleFile>> {
    vec(file(words), 1..5).prop_map(|mut files| {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        files
    })
}

/// What opens, closes and escapes in the languages.
const MARKS: [&str; 24] = [
    "\"", "'", "`", "\"\"\"", "r#\"", "\"#", "//", "/*", "*/", "#", "--", "\\", "${", "{", "}", "(", ")",
    "<<E\n", "\nE\n", "\n", "\r\n", " ", "  ", "\u{feff}",
];

/// A file whose parts have any order: strings and comments without an end, and code that no language knows.
pub(super) fn unordered_file(words: Words) -> impl Strategy<Value = SampleFile> {
    let piece = prop_oneof![select(words), select(&MARKS[..])];
    let text = vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    let path = select(&EXTENSIONS[..]).prop_map(|extension| format!("a.{extension}"));
    (path, text)
        .prop_map(|(path, text)| SampleFile { path, statements: vec![Statement { text, is_test: false }] })
}
