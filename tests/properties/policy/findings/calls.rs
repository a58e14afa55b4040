//! Files with calls over several lines, comments that suppress, and tests; and rules about them whose matches stay in one statement.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use speckit_core::policy::Policy;

use super::files::{SampleFile, Statement};

/// The statements of a language. `%` is the mark of a comment.
fn forms(mark: &str) -> Vec<String> {
    let every = [
        "print(1)@\n",
        "print(\"a\", \"print(\")@\n",
        "print(1)@ % speckit:allow print it is a script\n",
        "% speckit:allow print it is a test\n",
        "% speckit:allow memory it is old\n% and goes away\n",
        "% speckit:allow unknown why\n",
        "% speckit:allow print\n",
        "% TODO this\n",
        "x = 1@ % TODO that, TODO those\n",
        "store(\n    kind,\n    importance = 5,\n)@\n",
        "store(\n    kind,\n    % speckit:allow memory only here\n    importance = 5,\n)@\n",
        "store(importance = 9)@\n",
        "store(kind = \"insight\", importance = 1)@\n",
        "key = \"sk-hunter\"@\n",
        "x = store(1, importance = 2)@ % speckit:allow memory a b  c\n",
    ];
    let end = if mark == "//" { ";" } else { "" };
    every.iter().map(|form| form.replace('@', end).replace('%', mark)).collect()
}

fn statement(mark: &'static str, has_tests: bool) -> impl Strategy<Value = Statement> {
    let every = select(forms(mark)).prop_map(|text| Statement { text, is_test: false });
    let item = "#[cfg(test)]\nmod tests {\n    fn a() { print(1); }\n\n    // TODO\n}\n";
    let test = Statement { text: item.into(), is_test: true };
    let blocks = vec![
        "fn f() {\n    print(1);\n\n    // speckit:allow print inside\n    print(1);\n}\n",
        "/*\n * TODO\n */\n",
    ];
    let block = select(blocks).prop_map(|text| Statement { text: text.into(), is_test: false });
    prop_oneof![
        8 => every.clone(),
        1 => if has_tests { Just(test).boxed() } else { every.clone().boxed() },
        1 => if mark == "//" { block.boxed() } else { every.boxed() },
    ]
}

pub(super) fn call_files() -> impl Strategy<Value = Vec<SampleFile>> {
    let language = select(vec![("rs", "//"), ("ts", "//"), ("py", "#"), ("txt", "#")]);
    let file = language.prop_flat_map(|(extension, mark)| {
        let path = "[a-d]".prop_map(move |name| format!("src/{name}.{extension}"));
        let statements = vec(statement(mark, extension == "rs"), 0..8);
        (path, statements).prop_map(|(path, statements)| SampleFile { path, statements })
    });
    vec(file, 1..4).prop_map(|mut files| {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        files
    })
}

pub(super) fn call_policy() -> Policy {
    let rules = json!({
        "print": { "pattern": "print\\s*\\(", "message": "m", "in": ["code"] },
        "memory": {
            "all": ["store\\s*\\(", "importance\\s*=\\s*[0-7]"], "not": ["kind\\s*=\\s*\"insight\""], "within": 4, "message": "m",
        },
        "todo": { "pattern": "TODO", "in": ["comments"], "at_most": 2, "message": "m", "severity": "warning" },
        "key": { "pattern": "sk-[a-z]+", "in": ["strings"], "redact": true, "message": "m" },
        "calls": { "pattern": "\\bstore\\b", "at_least": 3, "message": "m" },
    });
    Policy::compile(&serde_json::from_value(json!({ "rules": rules })).unwrap()).unwrap()
}

/// The blank lines before each statement of each file, and after the last one.
pub(super) fn blank_lines(files: &[SampleFile]) -> impl Strategy<Value = Vec<Vec<String>>> + use<> {
    let blank = vec(select(vec!["\n", "  \n", "\t\r\n"]), 0..3).prop_map(|lines| lines.concat());
    files.iter().map(|file| vec(blank.clone(), file.statements.len() + 1)).collect::<Vec<_>>()
}

/// The file with blank lines before its statements.
pub(super) fn spread(file: &SampleFile, blanks: &[String]) -> SampleFile {
    let mut spread = file.clone();
    for (statement, blank) in spread.statements.iter_mut().zip(blanks) {
        statement.text.insert_str(0, blank);
    }
    if let (Some(last), Some(blank)) = (spread.statements.last_mut(), blanks.last()) {
        last.text.push_str(blank);
    }
    spread
}

/// The line that a line of the file has after blank lines were added.
pub(super) fn line_after(file: &SampleFile, blanks: &[String], line: usize) -> usize {
    let count = |text: &str| text.matches('\n').count();
    let mut before = 0;
    let mut added = 0;
    for (statement, blank) in file.statements.iter().zip(blanks) {
        if line <= before {
            break;
        }
        added += count(blank);
        before += count(&statement.text);
    }
    line + added
}
