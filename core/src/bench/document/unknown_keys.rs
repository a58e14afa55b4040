//! Keys that a document of benchmarks has and this version does not read.

use alloc::format;
use alloc::vec::Vec;

use crate::tree::nearest::nearest;
use crate::tree::typed::{TypedError, TypedErrorKind};
use crate::tree::{Code, Diagnostic, Key, Value};

/// A key that is not known.
pub(super) struct UnknownKey {
    /// The key that was probably meant: a known one, near the unknown one, that its table lacks.
    pub(super) meant: Option<Key>,
    /// An error for a mistyped key; else a warning, since a later version may know the key.
    pub(super) diagnostic: Diagnostic,
}

/// The unknown keys among the members of `root` that were not read.
pub(super) fn unknown_keys(root: &Value, unread: Vec<TypedError>) -> Vec<UnknownKey> {
    unread.into_iter().filter_map(|error| unknown_key(root, error)).collect()
}

/// `None` for a key that is known, and whose value is not needed.
fn unknown_key(root: &Value, error: TypedError) -> Option<UnknownKey> {
    let TypedErrorKind::UnknownField { expected, .. } = error.kind else { return None };
    let (name, table) = (error.key.last_name()?, error.key.parent()?);
    if expected.contains(&name) {
        return None;
    }
    let is_absent = |known: &&str| root.get(&table.child(*known)).is_none();
    let meant = nearest(name, expected.iter().copied().filter(is_absent));
    let shown = Key::of([name]);
    let diagnostic = match meant {
        Some(meant) => {
            Diagnostic::error(Code::TypeUnknownField, error.key.clone(), format!("unknown key `{shown}`"))
                .help(format!("did you mean `{meant}`?"))
        }
        None => Diagnostic::warning(
            Code::TypeUnknownField,
            error.key.clone(),
            format!("unknown key `{shown}` is ignored"),
        )
        .help("remove it, unless a later version of speckit wrote it"),
    };
    let diagnostic = match &error.origin {
        Some(origin) => diagnostic.at(&origin.of_name(name)),
        None => diagnostic,
    };
    Some(UnknownKey { meant: meant.map(|meant| table.child(meant)), diagnostic })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchRun;
    use alloc::string::String;

    fn lines(diagnostics: &[Diagnostic]) -> Vec<String> {
        let line = |found: &Diagnostic| {
            let (origin, help) = (found.origin.as_ref().unwrap(), found.help.as_deref().unwrap());
            format!("{origin} {}: {}: {help}", found.key, found.message)
        };
        diagnostics.iter().map(line).collect()
    }

    #[test]
    fn a_mistyped_key_is_an_error_with_the_nearest_one_besides_the_other_mistakes() {
        let text = r#"{"benchmarks":[
{"name":"a","sampels_ns":[1]},
{"name":"b","samples_ns":[-1],"comand":["b"],"failed":[{"exit":1,"signal":null,"timed_out":false,"cuont":1}]}
],"machine":{"cpu":null,"coers":2,"memory_bytes":null,"os":null},"sede":1,"later":1}"#;
        let errors = BenchRun::read("a.json", text).unwrap_err().diagnostics;
        assert_eq!(
            lines(&errors),
            [
                "a.json:2:13 benchmarks[0].sampels_ns: unknown key `sampels_ns`: did you mean `samples_ns`?",
                "a.json:3:27 benchmarks[1].samples_ns[0]: expected nanoseconds from 0 to 18446744073709551615, found -1: write each sample in whole nanoseconds: 1500000 for 1.5 ms",
                "a.json:3:31 benchmarks[1].comand: unknown key `comand`: did you mean `command`?",
                "a.json:3:98 benchmarks[1].failed[0].cuont: unknown key `cuont`: did you mean `count`?",
                "a.json:4:25 machine.coers: unknown key `coers`: did you mean `cores`?",
                "a.json:4:66 sede: unknown key `sede`: did you mean `seed`?",
                "a.json:4:75 later: unknown key `later` is ignored: remove it, unless a later version of speckit wrote it",
            ]
        );
    }

    #[test]
    fn a_key_of_a_later_version_is_ignored_with_a_warning() {
        // `user_us` is near `user_ns`, which is there too.
        let benchmark = r#"{"name":"a","samples_ns":[1],"user_ns":1,"user_us":1,"summary":{"mode":1},"parameters":{"nmae":"1"}}"#;
        let machine = r#"{"cpu":null,"cores":2,"memory_bytes":null,"os":"Linux 6.1"}"#;
        let text = format!(
            r#"{{"benchmarks":[{benchmark}],"machine":{machine},"comparison":null,"comparisons":[1]}}"#
        );
        let (run, warnings) = BenchRun::read_with_warnings("a.json", &text).unwrap();
        assert_eq!(run.benchmarks[0].samples_ns, [1]);
        assert_eq!(
            lines(&warnings),
            [
                "a.json:1:57 benchmarks[0].user_us: unknown key `user_us` is ignored: remove it, unless a later version of speckit wrote it"
            ]
        );
    }
}
