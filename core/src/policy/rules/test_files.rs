//! Which files are tests, by their paths.

/// Folders of tests.
const FOLDERS: [&str; 4] = ["test", "tests", "__tests__", "testdata"];

/// Whether a file is a test by its path: in a folder of tests, or with a name that the tools of its language read as a test's.
///
/// ```
/// use speckit_core::policy::rules::is_test_file;
/// assert!(is_test_file("shell/tests/load.rs") && is_test_file("pkg/store_test.go") && is_test_file("a.spec.ts"));
/// assert!(!is_test_file("src/latest.rs") && !is_test_file("src/contest/main.py"));
/// ```
pub fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(|folder| FOLDERS.contains(&folder)) {
        return true;
    }
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    match extension {
        "rs" => stem == "tests" || stem == "test",
        "go" => stem.ends_with("_test"),
        "py" => stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest",
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => {
            stem.ends_with(".test") || stem.ends_with(".spec")
        }
        _ => false,
    }
}
