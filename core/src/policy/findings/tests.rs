use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::*;
use crate::policy::{Policy, PolicyConfig};

fn policy(rules: &str) -> Policy {
    let config: PolicyConfig = serde_json::from_str(&format!("{{\"rules\": {{{rules}}}}}")).unwrap();
    Policy::compile(&config).unwrap()
}

/// The findings of one file, each as `line:column rule state`.
fn found(rules: &str, path: &str, text: &str) -> Vec<String> {
    let policy = policy(rules);
    let report = policy.conclude([policy.check_file(path, text.as_bytes())], &CheckOptions::default());
    let shown = report.findings.iter().map(|finding| {
        let state = match finding.state {
            FindingState::New => "",
            FindingState::Baseline => " baseline",
            FindingState::Suppressed => " suppressed",
        };
        format!("{}:{} {}{state}", finding.start.line, finding.start.column, finding.rule)
    });
    shown.collect()
}

const PRINT: &str = r#""print": {"pattern": "println!", "message": "m"}"#;
const MEMORY: &str = r#""memory": {"all": ["store_memory\\s*\\(", "importance\\s*[:=]\\s*[0-7]\\b"], "within": 4,
    "not": ["kind\\s*=\\s*\"insight\""], "message": "m"}"#;

#[test]
fn a_match_begins_in_the_regions_of_the_rule() {
    let text = "println!(\"println!\"); // println!\n";
    assert_eq!(found(PRINT, "a.rs", text), ["1:1 print"]);
    let within =
        |region: &str| format!(r#""r": {{"pattern": "println!", "in": [{region}], "message": "m"}}"#);
    assert_eq!(found(&within("\"strings\""), "a.rs", text), ["1:11 r"]);
    assert_eq!(found(&within("\"comments\""), "a.rs", text), ["1:26 r"]);
    assert_eq!(found(&within("\"code\", \"comments\""), "a.rs", text), ["1:1 r", "1:26 r"]);
}

#[test]
fn a_match_may_end_in_another_region_and_skips_comments() {
    let rule = r#""r": {"pattern": "name\\s*=\\s*\"x\"", "message": "m"}"#;
    assert_eq!(found(rule, "a.py", "name = \"x\"\n"), ["1:1 r"]);
    assert_eq!(found(rule, "a.rs", "name /* the */ = \"x\"\n"), ["1:1 r"]);
    assert_eq!(found(rule, "a.rs", "// name = \"x\"\n"), [""; 0]);
}

#[test]
fn a_match_may_consist_of_what_a_comment_and_a_wrong_byte_became() {
    let blanks = r#""r": {"pattern": "x    y", "message": "m"}"#;
    assert_eq!(found(blanks, "a.rs", "x/**/y\n"), ["1:1 r"]);
    let policy = policy(r#""r": {"pattern": "caf\\x{fffd}", "message": "m"}"#);
    let report = policy.conclude([policy.check_file("a.rs", b"caf\xe9")], &CheckOptions::default());
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn the_other_patterns_match_within_the_lines_after_the_first() {
    let call = |between: &str| format!("store_memory({between}importance=5)\n");
    assert_eq!(found(MEMORY, "a.rs", &call("")), ["1:1 memory"]);
    assert_eq!(found(MEMORY, "a.rs", &call("\n\n\n")), ["1:1 memory"]);
    assert_eq!(found(MEMORY, "a.rs", &call("\n\n\n\n")), [""; 0]);
    assert_eq!(found(MEMORY, "a.rs", "importance=5 store_memory()\n"), [""; 0]);
    assert_eq!(found(MEMORY, "a.rs", "store_memory(kind=\"insight\", importance=5)\n"), [""; 0]);
}

#[test]
fn a_match_belongs_to_the_nearest_first_pattern_before_it() {
    let text =
        "store_memory(a);\nstore_memory(importance=5);\nstore_memory(kind=\"insight\", importance = 1);\n";
    assert_eq!(found(MEMORY, "a.rs", text), ["2:1 memory"]);
    let one_line = "store_memory(importance=1); store_memory(kind=\"insight\", importance=1)\n";
    assert_eq!(found(MEMORY, "a.rs", one_line), ["1:1 memory"]);
}

#[test]
fn any_of_several_patterns_is_enough() {
    let rule = r#""w": {"any": ["TODO", "FIXME\\b", "TODO later"], "in": ["comments"], "message": "m"}"#;
    assert_eq!(found(rule, "a.rs", "// FIXME, TODO later\n"), ["1:4 w", "1:11 w"]);
    let both = r#""w": {"all": ["open"], "any": ["close", "end"], "within": 2, "message": "m"}"#;
    assert_eq!(found(both, "a.txt", "open\n end\n\nopen\n\nend\n"), ["1:1 w"]);
}

#[test]
fn a_call_ends_with_its_brackets() {
    let rule =
        r#""c": {"all": ["keep\\b"], "any": ["bad"], "within": 20, "same_call": true, "message": "m"}"#;
    for (path, text, expected) in [
        ("a.rs", "keep(x,\n  f(y),\n  bad)", true),
        ("a.rs", "keep(x); bad()", false),
        ("a.rs", "join(keep(x), bad)", false),
        ("a.rs", "if keep(x) { bad }", false),
        ("a.rs", "let r = keep { a: 1, bad: 2 };", false),
        ("a.js", "go({ keep: [1, bad] })", true),
        ("a.js", "go({ keep: 1, bad })", false),
        ("a.js", "keep(x)\n  .then(bad)", true),
        ("a.js", "keep(x)\nbad()", false),
        ("a.py", "gather(\n  keep(x),\n  bad(y))", false),
        ("a.py", "keep(x,\n bad)", true),
        ("a.sh", "keep x \\\n  bad", true),
        ("a.sh", "keep x && bad", false),
    ] {
        assert_eq!(!found(rule, path, text).is_empty(), expected, "{path}: {text}");
    }
}

#[test]
fn a_column_counts_characters_and_a_mark_of_the_byte_order_none() {
    assert_eq!(found(PRINT, "a.rs", "\u{feff}ä😀 println!()\r\n\tprintln!()"), ["1:4 print", "2:2 print"]);
}

#[test]
fn tests_are_left_out() {
    let text = "#[cfg(test)]\nmod tests {\n    fn a() { println!() }\n}\nfn b() { println!() }\n";
    assert_eq!(found(PRINT, "src/a.rs", text), ["5:10 print"]);
    assert_eq!(found(PRINT, "tests/a.rs", text), [""; 0]);
    let also = r#""print": {"pattern": "println!", "tests": true, "message": "m"}"#;
    assert_eq!(found(also, "src/a.rs", text), ["3:14 print", "5:10 print"]);
    assert_eq!(found(also, "tests/a.rs", text).len(), 2);
}

#[test]
fn a_comment_suppresses_its_statement_or_the_next_one() {
    let suppressed = ["1:1 print suppressed"];
    assert_eq!(found(PRINT, "a.rs", "println!(); // speckit:allow print it is a script\n"), suppressed);
    for before in [
        "// speckit:allow print reason\n",
        "// speckit:allow print reason\n\n\n",
        "// speckit:allow print reason\n// more about it\n",
        "/* speckit:allow print reason */ ",
        "/*\n * speckit:allow print reason\n */\n",
    ] {
        let found = found(PRINT, "a.rs", &format!("{before}println!(1);\nfoo();\nprintln!(2);\n"));
        assert!(
            found.len() == 2 && found[0].ends_with("suppressed") && found[1].ends_with("print"),
            "{before}: {found:?}"
        );
    }
    let multi_line =
        "let x = foo(\n    1,\n    // speckit:allow print reason\n    println!(),\n);\nprintln!();\n";
    assert_eq!(found(PRINT, "a.rs", multi_line), ["4:5 print suppressed", "6:1 print"]);
    let chained = "a\n    .b(println!())\n    .c(); // speckit:allow print reason\nprintln!();\n";
    assert_eq!(found(PRINT, "a.rs", chained), ["2:8 print suppressed", "4:1 print"]);
    let inside = "store_memory(\n    # speckit:allow memory reason\n    importance=5,\n)\n";
    assert_eq!(found(MEMORY, "a.py", inside), ["1:1 memory suppressed"]);
}

#[test]
fn a_suppression_reaches_no_further_than_its_statement() {
    let rule = r#""p": {"pattern": "print\\(", "message": "m"}"#;
    let python = "# speckit:allow p reason\nprint(\n  1)\nprint(2)\n";
    assert_eq!(found(rule, "a.py", python), ["2:1 p suppressed", "4:1 p"]);
    let block = "if x { // speckit:allow p reason\n    print(1);\n}\nprint(2);\n";
    assert_eq!(found(rule, "a.js", block), ["1:11 suppression/unused", "2:5 p", "4:1 p"]);
    let javascript = "print(1) // speckit:allow p reason\nprint(2)\n";
    assert_eq!(found(rule, "a.js", javascript), ["1:1 p suppressed", "2:1 p"]);
    let shell = "print(1) # speckit:allow p reason\nprint(2)\n";
    assert_eq!(found(rule, "a.sh", shell), ["1:1 p suppressed", "2:1 p"]);
    let go = "if err := print(1); err != nil { // speckit:allow p reason\nprint(2)\n}\n";
    assert_eq!(found(rule, "a.go", go), ["1:11 p suppressed", "2:1 p"]);
    let line = "print(1); print(2); // speckit:allow p reason\nprint(3);\n";
    assert_eq!(found(rule, "a.rs", line), ["1:1 p suppressed", "1:11 p suppressed", "2:1 p"]);
    let query = "-- speckit:allow p reason\nSELECT 1,\n  print(2);\nSELECT print(3);\n";
    assert_eq!(found(rule, "a.sql", query), ["3:3 p suppressed", "4:8 p"]);
    let dash = "/// speckit:allow p -\nprint(1);\n";
    assert_eq!(found(rule, "a.rs", dash), ["1:5 suppression/malformed", "2:1 p"]);
    let list = "x = [\n  print(1),  # speckit:allow p one\n  print(2),  # speckit:allow p two\n]\n";
    assert_eq!(found(rule, "a.py", list), ["2:3 p suppressed", "3:3 p suppressed"]);
    let arms = "match x {\n    // speckit:allow p reason\n    1 => print(1),\n    2 => print(2),\n}\n";
    assert_eq!(found(rule, "a.rs", arms), ["3:10 p suppressed", "4:10 p"]);
}

#[test]
fn a_directive_stands_first_in_a_comment_and_names_a_rule_and_a_reason() {
    assert_eq!(found(PRINT, "a.rs", "println!(); // see speckit:allow print in the guide\n"), ["1:1 print"]);
    assert_eq!(found(PRINT, "a.rs", "println!(\"speckit:allow print x\");\n"), ["1:1 print"]);
    assert_eq!(found(PRINT, "a.rs", "println!(); // speckit:allowed print x\n"), ["1:1 print"]);
    for (directive, check) in [
        ("speckit:allow", "malformed"),
        ("speckit:allow print", "malformed"),
        ("speckit:allow prnt reason", "unknown-rule"),
    ] {
        let expected = ["1:1 print".to_string(), format!("1:17 suppression/{check}")];
        assert_eq!(found(PRINT, "a.rs", &format!("println!(1); // {directive}\n")), expected);
        let block = found(PRINT, "a.rs", &format!("println!(1); /* {directive} */\n"));
        assert_eq!(block.last().unwrap(), &format!("1:17 suppression/{check}"));
    }
    assert_eq!(found(PRINT, "a.rs", "// speckit:allow print reason\nfoo();\n"), ["1:4 suppression/unused"]);
}

#[test]
fn a_file_without_a_lexer_is_code_and_takes_suppressions_at_the_start_of_a_line() {
    let rule = r#""s": {"pattern": "secret", "message": "m"}"#;
    let text = "# speckit:allow s reason\nsecret\nsecret\nx speckit:allow s reason\n";
    assert_eq!(found(rule, "Dockerfile", text), ["2:1 s suppressed", "3:1 s"]);
    let policy = policy(rule);
    let report = policy.conclude([policy.check_file("a/b.tex", b"secret")], &CheckOptions::default());
    assert!(report.notes[0].ends_with("no lexer: *.tex"), "{:?}", report.notes);
}

#[test]
fn limits_count_the_whole_tree() {
    let check = |rule: &str, texts: &[&str], checked: CheckedFiles| {
        let policy = policy(rule);
        let files =
            texts.iter().enumerate().map(|(n, text)| policy.check_file(&format!("{n}.rs"), text.as_bytes()));
        policy.conclude(files.collect::<Vec<_>>(), &CheckOptions::default().files(checked))
    };
    let most = r#""r": {"pattern": "xy", "at_most": 2, "message": "m"}"#;
    assert_eq!(check(most, &["xy", "xy"], CheckedFiles::Tree).findings, []);
    let three = check(most, &["xy", "xy xy"], CheckedFiles::Tree);
    assert_eq!(three.findings.len(), 3);
    assert_eq!(three.findings[0].message, "m (3 matches in the whole tree, at most 2 allowed)");
    let least = r#""r": {"pattern": "xy", "at_least": 2, "message": "m"}"#;
    assert!(check(least, &["xy", "xy"], CheckedFiles::Tree).ok);
    let one = check(least, &["xy", ""], CheckedFiles::Tree);
    assert_eq!(one.findings[0].message, "m (expected at least 2 matches in the whole tree, found 1)");
    assert_eq!((one.findings[0].related[0].path.as_str(), one.ok), ("0.rs", false));
    let part = check(least, &["xy"], CheckedFiles::Named);
    assert!(part.ok && part.notes[0].contains("`r`"), "{:?}", part.notes);
    assert_eq!(check(least, &["xy"], CheckedFiles::Changed).notes, [""; 0]);
    let policy = policy(least);
    let accepted = CheckOptions::default().baseline(one.baseline());
    let again = policy.conclude([policy.check_file("0.rs", b"xy")], &accepted);
    assert!(again.ok && again.findings[0].state == FindingState::Baseline);
}

#[test]
fn an_excerpt_hides_what_a_rule_redacts_from_every_finding_of_the_line() {
    let rules = r#""key": {"pattern": "sk-[a-z]+", "in": ["strings"], "redact": true, "message": "m"},
        "let_it": {"pattern": "let", "message": "m"}"#;
    let policy = policy(rules);
    let file = policy.check_file("a.rs", b"let k = \"sk-hunter\"; let j = \"sk-two\";");
    let report = policy.conclude([file], &CheckOptions::default());
    assert_eq!(report.findings.len(), 4);
    for finding in &report.findings {
        let source = finding.source.as_ref().unwrap();
        assert_eq!(source.text, "let k = \"[redacted]\"; let j = \"[redacted]\";");
        let matched = &source.text[source.matched.clone()];
        assert_eq!(matched, if finding.rule == "key" { "[redacted]" } else { "let" });
    }
    assert!(!serde_json::to_string(&report).unwrap().contains("hunter"));
}

#[test]
fn a_long_line_is_cut_around_its_match() {
    let policy = policy(PRINT);
    let text = format!("{}println!(){}", "ä".repeat(5000), "b".repeat(5000));
    let report = policy.conclude([policy.check_file("a.rs", text.as_bytes())], &CheckOptions::default());
    let source = report.findings[0].source.as_ref().unwrap();
    assert!(source.text.len() <= 400 && &source.text[source.matched.clone()] == "println!", "{source:?}");
    assert_eq!(report.findings[0].start.column, 5001);
}

#[test]
fn a_rule_of_messages_checks_no_file() {
    let rule = r#""wip": {"pattern": "^(?i)wip\\b", "in": ["message"], "message": "m"}"#;
    let policy = policy(rule);
    let report = policy.conclude([policy.check_message("MSG", "\nWIP: x\n")], &CheckOptions::default());
    assert_eq!(report.findings[0].start.line, 2);
    assert_eq!(found(rule, "a.txt", "wip\n"), [""; 0]);
}

#[test]
fn a_file_that_is_no_text_is_counted() {
    let policy = policy(PRINT);
    let files = [
        policy.check_file("a", b"println!\0"),
        policy.check_file("b.rs", b"println!(\"\xff\")"),
        FileCheck::skipped("c", SkipReason::TooLarge),
        FileCheck::skipped("d", SkipReason::Unreadable),
    ];
    let report = policy.conclude(files, &CheckOptions::default());
    let skipped = SkippedFiles { binary: 1, too_large: 1, unreadable: 1 };
    assert_eq!((report.files, report.skipped, report.findings.len()), (1, skipped, 1));
}

#[test]
fn a_rule_that_redacts_hides_in_every_finding_even_if_it_is_not_selected() {
    let rules = r#""key": {"pattern": "AKIA[0-9]+", "in": ["strings"], "redact": true, "message": "m"},
        "off": {"pattern": "PIN[0-9]+", "severity": "off", "redact": true, "message": "m"},
        "todo": {"pattern": "TODO", "in": ["comments"], "message": "m"}"#;
    let text = "x = \"AKIA123\"  # TODO PIN77\n# speckit:allow todo since AKIA456\ny = 1  # TODO\n\
                # speckit:allow AKIA789 x\n# speckit:allow key AKIA000\nz = \"AKIA111\"\n";
    let policy = policy(rules).only(&["todo".into()]).unwrap();
    let report = policy.conclude([policy.check_file("a.py", text.as_bytes())], &CheckOptions::default());
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains("since [redacted]") && !json.contains("AKIA") && !json.contains("PIN77"), "{json}");
}

#[test]
fn a_required_text_of_a_message_is_decided_for_each_message() {
    let policy = policy(
        r##""ticket": {"pattern": "#[0-9]+", "in": ["message"], "at_least": 1, "message": "no ticket"}"##,
    );
    let check = |message: &str| {
        let options = CheckOptions::default().files(CheckedFiles::Message);
        policy.conclude([policy.check_message("MSG", message)], &options)
    };
    assert!(check("Add x (#12)\n").ok);
    let missing = check("Add x\n");
    assert_eq!(missing.findings[0].message, "no ticket (expected at least 1 match in the message, found 0)");
    assert!(policy.conclude([policy.check_file("a.rs", b"x")], &CheckOptions::default()).ok);
}

#[test]
fn a_text_in_utf_16_is_checked() {
    let policy = policy(PRINT);
    let text = "\u{feff}ä println!()";
    for bytes in [
        text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ] {
        let report = policy.conclude([policy.check_file("a.rs", &bytes)], &CheckOptions::default());
        assert_eq!(report.findings[0].start, Position { line: 1, column: 3 });
    }
}

#[test]
fn a_rule_without_files_and_a_file_that_was_named_and_not_checked_are_noted() {
    let policy = policy(r#""r": {"pattern": "xy", "paths": ["src"], "message": "m"}"#);
    let file = || [policy.check_file("src/a.rs", b"xy"), FileCheck::skipped("b", SkipReason::Binary)];
    let tree = policy.conclude(file(), &CheckOptions::default());
    assert_eq!(tree.notes, ["no file is checked by these rules, see their `paths` and `exclude`: `r`"]);
    let named = policy.conclude(file(), &CheckOptions::default().files(CheckedFiles::Named));
    assert_eq!(named.notes, ["not checked: `b`"]);
}
