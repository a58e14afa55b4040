//! Accepted findings of old code.

use super::{findings, folder, folder_with};

#[test]
fn an_old_code_base_is_accepted_and_only_new_findings_fail() {
    let dir = folder().file("a.py", "print(1)\nprint(1)\n").file("b.py", "print(2)  # LATER\n");
    let written = dir.run("policy baseline").succeeds().no_stderr();
    assert_eq!(written.out, "accepted 4 findings in `speckit-baseline.json`\n");
    let accepted = dir.run("policy check --strict").succeeds();
    assert!(accepted.out.contains("4 in the baseline"), "{}", accepted.out);
    std::fs::rename(dir.path("b.py"), dir.path("renamed.py")).unwrap();
    dir.write("a.py", "\n\nprint(1)\nprint( 1)\nprint(1)\n");
    let states = findings(&dir.run("policy check --format json").exits_1());
    let new: Vec<&String> = states.iter().filter(|line| !line.ends_with("baseline")).collect();
    assert_eq!(new, ["a.py:4:1 no_print"], "{states:?}");
}

#[test]
fn a_new_secret_in_a_line_with_an_old_one_is_new_although_both_are_redacted() {
    let dir = folder_with(
        "[policy.rules.key]\npattern = 'sk-[a-z]+'\nin = ['strings']\nredact = true\nmessage = 'a key'\n",
    )
    .file("a.py", "k = \"sk-old\"\n");
    dir.run("policy baseline").succeeds();
    dir.run("policy check").succeeds();
    dir.write("a.py", "k = \"sk-new\"\n");
    let changed = dir.run("policy check").exits_1();
    assert!(changed.out.contains("[redacted]") && !changed.both().contains("sk-new"), "{}", changed.out);
    dir.write("a.py", "k = \"sk-old\", \"sk-more\"\n");
    dir.run("policy check").exits_1();
    assert!(!dir.read("speckit-baseline.json").contains("sk-"));
}

#[test]
fn a_named_baseline_must_exist_and_be_readable() {
    let dir = folder().file("a.py", "print(1)\n");
    dir.run("policy check --baseline absent.json").exits_2().only_stderr("absent.json");
    dir.write("wrong.json", "{\"version\": 1,\n\"finding\": []}");
    let wrong = dir.run("policy check --baseline wrong.json").exits_2();
    wrong.only_stderr("`wrong.json`").stderr_has("line 2").stderr_has("speckit policy baseline");
    dir.write("newer.json", "{\"version\": 2, \"findings\": []}");
    dir.run("policy check --baseline newer.json").exits_2().stderr_has("has version 2");
    let json = dir.run("policy check --baseline newer.json --format json").exits_2();
    assert_eq!(json.codes(), ["policy/baseline"]);
    dir.write("speckit-baseline.json", "not JSON");
    dir.run("policy check").exits_2().stderr_has("`speckit-baseline.json`");
}

#[test]
fn a_baseline_may_have_any_name() {
    let dir =
        folder_with("[policy]\nbaseline = \"ci/old.json\"\n").file("a.py", "print(1)\n").file("ci/x", "");
    dir.run("policy check").exits_1();
    dir.run("policy baseline").succeeds();
    dir.run("policy check").succeeds();
    dir.run("policy baseline other.json").succeeds();
    assert_eq!(dir.read("other.json"), dir.read("ci/old.json"));
    dir.run("policy check --baseline other.json --set policy.baseline=none.json").succeeds();
    dir.run("policy baseline absent/b.json").exits_2().stderr_has("absent/b.json");
}

#[test]
fn missing_matches_are_accepted_too() {
    let dir = folder_with("[policy.rules.storage]\npattern = 'sqlite'\nat_least = 2\nmessage = 'm'\n");
    dir.run("policy check").exits_1();
    dir.run("policy baseline").succeeds();
    assert!(findings(&dir.run("policy check --format json").succeeds())[0].ends_with("storage baseline"));
}
