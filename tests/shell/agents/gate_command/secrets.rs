//! No key of a provider is shown or kept, whatever an agent writes.

use crate::agents::gate_command::{RUN, bytes_of_database, dir};

const OPENAI: &str = "sk-Zq7Xw9Kv-openai";
const ANTHROPIC: &str = "sk-Yt5Rb3Nm-anthropic";

#[test]
fn a_key_that_an_agent_writes_is_masked_everywhere() {
    let echo = "echo \"the key is $OPENAI_API_KEY.\"; echo \"{\\\"key\\\": \\\"$OPENAI_API_KEY\\\"}\" >&2";
    let dir = dir(&[echo]).variable("OPENAI_API_KEY", OPENAI);
    for options in ["", " --plain", " --format json", " --no-store", " --dry-run"] {
        let answer = dir.run(&format!("{RUN}{options}")).succeeds();
        assert!(!answer.both().contains("Zq7Xw9Kv"), "{options}: {}", answer.both());
    }
    let shown = dir.run("gate show 1 --database runs.db").succeeds().no_stderr().out;
    assert!(shown.contains("the key is ") && !shown.contains("Zq7Xw9Kv"), "{shown}");
    let json = dir.run("gate show 1 --database runs.db --format json").succeeds().no_stderr().out;
    assert!(json.contains("the key is ") && !json.contains("Zq7Xw9Kv"), "{json}");
    let bytes = bytes_of_database(&dir.path("runs.db"));
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(holds(b"the key is ") && !holds(b"Zq7Xw9Kv"));
}

#[test]
fn an_agent_has_the_key_of_its_own_provider_alone() {
    let tell =
        "printf '%s %s' \"${OPENAI_API_KEY-none}\" \"${ANTHROPIC_API_KEY-none}\" > $0.keys; echo $OTHER";
    let dir = dir(&[tell, tell])
        .variable("OPENAI_API_KEY", OPENAI)
        .variable("ANTHROPIC_API_KEY", ANTHROPIC)
        .variable("OTHER", "is inherited");
    dir.run(&format!("{RUN} --plain")).succeeds().stderr_has("is inherited");
    assert_eq!(dir.read("a.sh.keys"), format!("{OPENAI} none"));
    assert_eq!(dir.read("b.sh.keys"), format!("none {ANTHROPIC}"));
}

#[test]
fn what_the_configuration_calls_secret_is_masked_too() {
    let dir = dir(&["echo \"it is $SPECKIT_AUTH__ACME__CLIENT_SECRET.\""])
        .variable("SPECKIT_AUTH__ACME__CLIENT_SECRET", "Hj2Lp8Gd-secret")
        .variable("SPECKIT_AUTH__ACME__CLIENT_ID", "acme")
        .variable("SPECKIT_AUTH__ACME__DEVICE_AUTHORIZATION_URL", "https://acme.test/device")
        .variable("SPECKIT_AUTH__ACME__TOKEN_URL", "https://acme.test/token")
        .variable("SPECKIT_AUTH__ACME__STORE", "file");
    let answer = dir.run(&format!("{RUN} --plain --no-store")).succeeds().stderr_has("it is [redacted].");
    assert!(!answer.both().contains("Hj2Lp8Gd"), "{}", answer.both());
}

#[test]
fn a_key_in_a_prompt_is_masked_where_the_plan_is_shown() {
    let dir = dir(&["true"]).variable("OPENAI_API_KEY", OPENAI);
    for format in ["text", "json"] {
        let arguments = format!("gate run plan --spec S --prompt use:{OPENAI}: --dry-run --format {format}");
        let answer = dir.run(&arguments).succeeds();
        assert!(
            answer.out.contains("use:[redacted]:") && !answer.both().contains("Zq7Xw9Kv"),
            "{}",
            answer.both()
        );
    }
}
