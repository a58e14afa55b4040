//! What is wrong with the rules of a configuration.

use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

/// A configuration with this rule, whose first line is 4.
fn with_rule(rule: &str) -> TestDir {
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}[policy.rules.mine]\n{rule}\nmessage = 'm'\n"))
}

#[track_caller]
fn assert_refused(rule: &str, code: &str, place: &str, reason: &str) {
    let dir = with_rule(rule).file("a.py", "x\n");
    for command in ["policy check", "policy baseline", "policy check --staged", "policy check --watch"] {
        let refused = dir.run(command).exits_2();
        assert_eq!(refused.out, "", "{command}");
        for part in [&format!("speckit.toml:{place}"), reason] {
            assert!(refused.err.contains(part), "{command}: no `{part}` in:\n{}", refused.err);
        }
    }
    let json = dir.run("policy check --format json").exits_2();
    assert_eq!(json.codes(), [code]);
    dir.run("check").exits_1();
}

#[test]
fn a_pattern_is_refused_at_its_line_and_column_with_the_reason_of_the_engine() {
    assert_refused("pattern = 'a('", "policy/pattern", "5:11", "unclosed group");
    assert_refused(
        "all = [\n  'fine',\n  '[z-a]',\n]",
        "policy/pattern",
        "7:3",
        "invalid character class range",
    );
    assert_refused("any = ['ok', 'a(?=b)']", "policy/pattern", "5:14", "look-around");
    assert_refused("pattern = 'a'\nnot = ['x*']", "policy/pattern", "6:8", "matches the empty text");
    assert_refused("pattern = '\\w{1000}{100}'", "policy/pattern", "5:11", "too large");
}

#[test]
fn a_glob_is_refused_at_its_line_and_column() {
    assert_refused(
        "pattern = 'a'\npaths = ['**', 'src/[a']",
        "policy/glob",
        "6:16",
        "unclosed character class",
    );
    assert_refused("pattern = 'a'\nexclude = ['{a']", "policy/glob", "6:12", "alternate");
}

#[test]
fn a_rule_without_a_sense_is_refused() {
    assert_refused("paths = ['**']", "policy/rule", "4:", "has no pattern");
    assert_refused("pattern = 'a'\nall = ['b']", "policy/rule", "5:11", "both are set");
    assert_refused(
        "pattern = 'a'\nat_least = 3\nat_most = 2",
        "policy/rule",
        "6:12",
        "no number of matches is allowed",
    );
}

#[test]
fn limits_and_words_are_those_of_the_schema() {
    for (rule, key) in [
        ("pattern = 'a'\nwithin = 1001", "within"),
        ("pattern = 'a'\nwithin = 0", "within"),
        ("pattern = 'a'\nin = ['prose']", "in"),
        ("pattern = 'a'\nseverity = 'fatal'", "severity"),
        ("pattern = 'a'\nat_most = -1", "at_most"),
        ("pattern = 'a'\npathes = ['**']", "pathes"),
    ] {
        let refused = with_rule(rule).run("policy check").exits_2();
        assert!(refused.err.contains(&format!("policy.rules.mine.{key}")), "{rule}:\n{}", refused.err);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let dir = with_rule("all = ['(', '[']\npaths = ['[']");
    assert_eq!(
        dir.run("policy check --format json").exits_2().codes(),
        ["policy/pattern", "policy/pattern", "policy/glob"]
    );
}

#[test]
fn a_glob_of_a_command_is_refused() {
    let dir = TestDir::with_config(&format!(
        "{NO_MACHINE_CHECKS}[policy.commands.fmt]\nrun = ['true']\nwhen_paths = ['[']\n"
    ));
    dir.run("policy check").exits_2().stderr_has("speckit.toml:6:15");
}
