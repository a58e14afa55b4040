//! The texts that actors write into a file: mostly valid, sometimes invalid in each known way.

use speckit_tests::fakes::Random;

use crate::config::program::{PANIC_LOW, PANIC_QUIET_MS};

const TOKENS: [&str; 4] =
    ["hunter-alpha", "hunter-beta", "hunter-gamma-which-is-longer", "hunter-\u{e9}t\u{e9}"];

/// A document for a file of the configuration.
pub fn document(random: &mut Random) -> String {
    let mut text = String::new();
    if random.chance(10) {
        text.push_str(&comment(random));
    }
    let mistake = if random.chance(20) { mistake(random) } else { String::new() };
    let is_free = |key: &str| !mistake.lines().any(|line| line.starts_with(&format!("{key} =")));
    for (key, percent, values) in [
        ("low", 60, &["5", "10", "20", "49", "7"][..]),
        ("high", 50, &["50", "60", "99", "70"]),
        ("workers", 25, &["2", "4", "8", "16"]),
        ("hosts", 25, &["['b']", "['a', 'c']", "[]", "['b', 'd']"]),
        ("quiet_ms", 20, &["0", "200", "500", "1000", "3000"]),
    ] {
        if random.chance(percent) && is_free(key) {
            text.push_str(&format!("{key} = {}\n", random.pick(values)));
        }
    }
    if random.chance(20) && is_free("token") {
        text.push_str(&format!("token = '{}'\n", random.pick(&TOKENS)));
    }
    text.push_str(&mistake);
    if random.chance(25) {
        text.push_str("[store]\n");
        let path = random.pick(&["'/var/a'", "'/var/b'"]);
        let keep = random.pick(&["3", "4", "5"]);
        match random.below(3) {
            0 => text.push_str(&format!("path = {path}\n")),
            1 => text.push_str(&format!("keep = {keep}\n")),
            _ => text.push_str(&format!("path = {path}\nkeep = {keep}\n")),
        }
    }
    if random.chance(15) {
        text.push_str(&format!("[labels]\nzone = '{}'\n", random.pick(&["north", "south"])));
    }
    text
}

/// A document that is valid together with all other documents.
pub fn valid_document(random: &mut Random) -> String {
    let low = random.pick(&["5", "10", "20"]);
    let workers = random.pick(&["2", "4", "8"]);
    format!(
        "low = {low}\nhigh = 60\nworkers = {workers}\nquiet_ms = {}\n",
        random.pick(&["200", "500", "1000"])
    )
}

/// The text of a file that contains only the token.
pub fn token(random: &mut Random) -> String {
    if random.chance(10) { "hunt".into() } else { format!("{}\n", random.pick(&TOKENS)) }
}

/// A comment, which changes no value.
pub fn comment(random: &mut Random) -> String {
    format!("# note {}\n", random.below(1000))
}

/// Lines that are refused alone, or together with most other documents.
fn mistake(random: &mut Random) -> String {
    let (low, quiet) = (PANIC_LOW, PANIC_QUIET_MS);
    match random.below(15) {
        0 => "low = = 3\n".into(),
        1 => "token = \"hunter-alp\n".into(),
        2 => "hihg = 3\n".into(),
        3 => "token = 'hunter-a'\ntoken = 'hunter-b'\n".into(),
        4 => "low = 101\n".into(),
        5 => "high = 'much'\n".into(),
        6 => "high = 3\n".into(),
        7 => format!("low = {low}\n"),
        8 => "token = 'hunter-revoked'\n".into(),
        9 => "token = 'hunt'\n".into(),
        10 => "token = ['hunter-alpha']\n".into(),
        11 => format!("quiet_ms = {quiet}\n"),
        // This is valid alone, but not together with the running number of workers.
        12 => "low = 1\nhigh = 3\nworkers = 2\n".into(),
        13 => "hosts = ['a', 'b', 'c', 'd', 'e', 'f', 'g']\n".into(),
        _ => "[[".into(),
    }
}
