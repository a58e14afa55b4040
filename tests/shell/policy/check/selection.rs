//! Which rules and which files are checked.

use std::os::unix::fs::symlink;

use super::{findings, folder, folder_with};
use crate::test_dir::TestDir;

#[test]
fn only_the_named_rules_are_checked() {
    let dir = folder().file("a.py", "print(1)  # LATER\n");
    let of = |arguments: &str| findings(&dir.run(&format!("policy check --format json {arguments}")));
    assert_eq!(of(""), ["a.py:1:1 no_print", "a.py:1:13 no_later"]);
    assert_eq!(of("--rule no_later"), ["a.py:1:13 no_later"]);
    assert_eq!(of("--rule no_later --rule no_print").len(), 2);
    let unknown = dir.run("policy check --rule no_prnt").exits_2();
    unknown.only_stderr("no rule has the name `no_prnt`").stderr_has("did you mean `no_print`?");
    dir.run("policy check --rule zzzzzzzzzzzz").exits_2().stderr_has("speckit show policy.rules");
}

#[test]
fn a_suppression_is_not_unused_if_its_rule_was_not_checked() {
    let dir = folder().file("a.py", "# speckit:allow no_print old\nx = 1\n");
    let all = dir.run("policy check --format json").succeeds();
    assert_eq!(findings(&all), ["a.py:1:3 suppression/unused"]);
    assert_eq!(findings(&dir.run("policy check --format json --rule no_later").succeeds()), [""; 0]);
}

/// A rule about words, with folders that it excludes.
fn with_excludes() -> TestDir {
    folder_with(
        "[policy.rules.typo]\npattern = 'teh'\npaths = ['*.txt']\nexclude = ['vendor/', 'data.txt']\nmessage = 'm'\n",
    )
    .file("a.txt", "teh\n")
    .file("a.md", "teh\n")
    .file("data.txt", "teh\n")
    .file("vendor/b.txt", "teh\n")
    .file("src/vendor/b.txt", "teh\n")
}

#[test]
fn excludes_hold_for_files_that_are_named_as_arguments() {
    let dir = with_excludes();
    let of = |arguments: &str| findings(&dir.run(&format!("policy check --format json {arguments}")));
    assert_eq!(of(""), ["a.txt:1:1 typo", "src/vendor/b.txt:1:1 typo"]);
    for named in ["data.txt", "vendor", "vendor/b.txt", "./vendor/../vendor/b.txt", "a.md"] {
        assert_eq!(of(named), [""; 0], "{named}");
    }
    let absolute = dir.path("vendor/b.txt").display().to_string();
    assert_eq!(of(&absolute), [""; 0]);
    assert_eq!(of("data.txt a.txt"), ["a.txt:1:1 typo"]);
    assert_eq!(of("--no-exclude data.txt vendor/b.txt"), ["data.txt:1:1 typo", "vendor/b.txt:1:1 typo"]);
    assert_eq!(of("--no-exclude").len(), 4);
    assert_eq!(of("--no-exclude a.md"), [""; 0], "the rule has paths still");
}

#[test]
fn ignored_files_are_left_out_unless_they_are_named() {
    let dir = folder()
        .file(".gitignore", "build/\n*.log.py\n")
        .file(".ignore", "other.py\n")
        .file("build/a.py", "print(1)\n")
        .file("x.log.py", "print(1)\n")
        .file("other.py", "print(1)\n")
        .file("src/.gitignore", "!x.log.py\nhere.py\n")
        .file("src/x.log.py", "print(1)\n")
        .file("src/here.py", "print(1)\n");
    let of = |arguments: &str| findings(&dir.run(&format!("policy check --format json {arguments}")));
    assert_eq!(of(""), ["src/x.log.py:1:1 no_print"]);
    assert_eq!(of("x.log.py"), ["x.log.py:1:1 no_print"]);
    assert_eq!(of("build"), ["build/a.py:1:1 no_print"]);
    assert_eq!(of("src/here.py src"), ["src/here.py:1:1 no_print", "src/x.log.py:1:1 no_print"]);
}

#[test]
fn hidden_files_are_checked_and_the_folder_of_git_is_not() {
    let dir = folder()
        .file(".hidden/.a.py", "print(1)\n")
        .file(".git/hooks/a.py", "print(1)\n")
        .file("sub/.git/b.py", "print(1)\n");
    assert_eq!(findings(&dir.run("policy check --format json").exits_1()), [".hidden/.a.py:1:1 no_print"]);
}

#[test]
fn a_file_that_several_arguments_name_is_checked_once() {
    let dir = folder().file("src/a.py", "print(1)\n");
    let whole = dir.path("src/a.py").display().to_string();
    let result = dir
        .run(&format!("policy check --format json src/a.py src ./src/a.py . {whole} src/../src"))
        .exits_1();
    assert_eq!(findings(&result), ["src/a.py:1:1 no_print"]);
    assert_eq!(result.json()["summary"]["files"], 2, "the other is speckit.toml");
}

#[test]
fn links_are_not_followed_and_a_loop_ends() {
    let dir = folder().file("a.py", "print(1)\n").file("elsewhere/b.py", "print(1)\n");
    symlink(".", dir.path("loop")).unwrap();
    symlink("self", dir.path("self")).unwrap();
    symlink("elsewhere", dir.path("linked")).unwrap();
    symlink("absent.py", dir.path("broken.py")).unwrap();
    let result = dir.run("policy check --format json").exits_1();
    assert_eq!(findings(&result), ["a.py:1:1 no_print", "elsewhere/b.py:1:1 no_print"]);
    dir.run("policy check self").exits_2().stderr_has("`self` cannot be checked");
    let named = dir.run("policy check --format json linked loop").exits_1();
    assert!(!findings(&named).is_empty());
}

#[test]
fn each_path_that_does_not_exist_is_an_error() {
    let dir = folder().file("a.py", "print(1)\n");
    let missing = dir.run("policy check a.py absent.py gone/b.py a.py/c").exits_2();
    for path in ["absent.py", "gone/b.py", "a.py/c"] {
        assert!(missing.err.contains(&format!("`{path}` cannot be checked")), "{}", missing.err);
    }
    let json = dir.run("policy check --format json absent.py gone").exits_2();
    assert_eq!(json.codes(), ["policy/path", "policy/path"]);
}

#[test]
fn required_matches_are_decided_for_the_whole_tree_only() {
    let dir =
        folder_with("[policy.rules.storage]\npattern = 'sqlite'\nat_least = 2\nmessage = 'use the store'\n")
            .file("a.rs", "sqlite();\n")
            .file("b.rs", "x();\n");
    let tree = dir.run("policy check --format json").exits_1();
    let finding = &tree.json()["findings"][0];
    assert_eq!((&finding["path"], &finding["rule"]), (&"speckit.toml".into(), &"storage".into()));
    let place = (finding["line"].as_u64().unwrap(), &finding["excerpt"]);
    let line = dir.read("speckit.toml").lines().position(|line| line == "[policy.rules.storage]").unwrap();
    assert_eq!(place, (line as u64 + 1, &serde_json::Value::Null));
    assert_eq!(finding["related"][0]["path"], "a.rs");
    let text = dir.run("policy check").exits_1();
    assert!(text.out.contains("expected at least 2 matches in the whole tree, found 1"), "{}", text.out);
    let named = dir.run("policy check b.rs").succeeds();
    assert!(named.out.contains("rules that require matches are not decided: `storage`"), "{}", named.out);
    dir.write("b.rs", "sqlite();\n");
    dir.run("policy check").succeeds();
}
