//! Files that are made to keep a check busy. A time that grows with the square of their length would be hours.

use super::folder;

#[test]
fn a_long_line_with_many_matches_ends() {
    let dir = folder()
        .file("one_line.rs", "print(1);".repeat(60_000))
        .file("long.rs", format!("{} print(1);", "x ".repeat(2_500_000)));
    let result = dir.run("policy check").exits_1();
    assert!(result.out.ends_with("failed: 60,001 errors\n"), "{}", result.out.lines().last().unwrap());
}

#[test]
fn many_suppressions_end() {
    let dir = folder()
        .file("used.rs", "print(1); // speckit:allow no_print why\n".repeat(100_000))
        .file("unused.rs", "/* speckit:allow no_print why */ ".repeat(50_000))
        .file("in_a_call.rs", format!("f(\n{})", "  1, // speckit:allow no_print why\n".repeat(50_000)));
    let result = dir.run("policy check").succeeds();
    assert!(result.out.contains("100,000 suppressed"), "{}", result.out);
    assert!(result.out.ends_with("ok: 100,000 warnings\n"), "{}", result.out.lines().last().unwrap());
}

#[test]
fn deep_brackets_and_many_tests_end() {
    let (open, close) = ("(".repeat(500_000), ")".repeat(500_000));
    let dir = folder()
        .file("deep.rs", format!("print{open}// speckit:allow no_print why\n{close}"))
        .file("braces.rs", format!("{}\n// speckit:allow no_print why\nprint(1);", "{".repeat(500_000)))
        .file("many.rs", "#[test]\nfn a() { print(1); }\n".repeat(20_000))
        .file("words.rs", format!("{} test; print(1)", "a ".repeat(1_000_000)));
    let result = dir.run("policy check --format json").exits_1();
    let json = result.json();
    assert_eq!((&json["summary"]["new"], &json["summary"]["suppressed"]), (&1.into(), &2.into()));
}
