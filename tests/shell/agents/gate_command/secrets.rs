//! No API key is shown or recorded, even if an agent writes it.

use crate::agents::gate_command::{RUN, gate_dir, gate_dir_with_settings, read_database_bytes};

const OPENAI: &str = "sk-Zq7Xw9Kv-openai";
const ANTHROPIC: &str = "sk-Yt5Rb3Nm-anthropic";

#[test]
fn a_key_that_an_agent_writes_is_masked_everywhere() {
    let print_key_script =
        "echo \"the key is $OPENAI_API_KEY.\"; echo \"{\\\"key\\\": \\\"$OPENAI_API_KEY\\\"}\" >&2";
    let dir = gate_dir(&[print_key_script]).variable("OPENAI_API_KEY", OPENAI);
    for options in ["", " --plain", " --format json", " --no-store", " --dry-run"] {
        let result = dir.run(&format!("{RUN}{options}")).succeeds();
        assert!(!result.both().contains("Zq7Xw9Kv"), "{options}: {}", result.both());
    }
    let shown = dir.run("gate show 1 --database runs.db").succeeds().no_stderr().out;
    assert!(shown.contains("the key is ") && !shown.contains("Zq7Xw9Kv"), "{shown}");
    let json = dir.run("gate show 1 --database runs.db --format json").succeeds().no_stderr().out;
    assert!(json.contains("the key is ") && !json.contains("Zq7Xw9Kv"), "{json}");
    let bytes = read_database_bytes(&dir.path("runs.db"));
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(holds(b"the key is ") && !holds(b"Zq7Xw9Kv"));
}

#[test]
fn an_agent_gets_only_the_key_of_its_own_provider() {
    let print_keys_script =
        "printf '%s %s' \"${OPENAI_API_KEY-none}\" \"${ANTHROPIC_API_KEY-none}\" > $0.keys; echo $OTHER";
    let dir = gate_dir(&[print_keys_script, print_keys_script])
        .variable("OPENAI_API_KEY", OPENAI)
        .variable("ANTHROPIC_API_KEY", ANTHROPIC)
        .variable("OTHER", "is inherited");
    dir.run(&format!("{RUN} --plain")).succeeds().stderr_has("is inherited");
    assert_eq!(dir.read("a.sh.keys"), format!("{OPENAI} none"));
    assert_eq!(dir.read("b.sh.keys"), format!("none {ANTHROPIC}"));
}

#[test]
fn a_secret_of_the_configuration_is_masked() {
    let secret = "--set validation.strict_schema=false --set providers.openai.api_key=Hj2Lp8Gd-secret";
    let dir = gate_dir(&["echo \"it is Hj2Lp8Gd-secret.\""]);
    let run = format!("{RUN} --plain --no-store {secret}");
    let result = dir.run(&run).succeeds().stderr_has("it is [redacted].");
    assert!(!result.both().contains("Hj2Lp8Gd"), "{}", result.both());
}

#[test]
fn a_key_in_a_prompt_is_masked_in_the_shown_plan() {
    let dir = gate_dir(&["true"]).variable("OPENAI_API_KEY", OPENAI);
    for format in ["text", "json"] {
        let arguments = format!("gate run plan --spec S --prompt use:{OPENAI}: --dry-run --format {format}");
        let result = dir.run(&arguments).succeeds();
        assert!(
            result.out.contains("use:[redacted]:") && !result.both().contains("Zq7Xw9Kv"),
            "{}",
            result.both()
        );
    }
}

#[test]
fn an_agent_gets_no_secret_of_the_program_under_any_prefix() {
    let login = "[auth.work]\nclient_id = \"me\"\nclient_secret_env = \"WORK_SECRET\"\nclient_authentication = \"basic\"\n\
                 device_authorization_url = \"https://id.example/device\"\ntoken_url = \"https://id.example/token\"\n\
                 store = \"file\"\n[providers.other]\ncommand = \"x\"\napi_key_env = \"OTHER_KEY\"\ntoken_env = \"OTHER_TOKEN\"\n";
    for (prefix, option) in [("SPECKIT", ""), ("MY", " --env-prefix MY")] {
        let mut dir = gate_dir_with_settings(&["env > a.env; echo fine"], login)
            .file("secret", "canary")
            .variable("OPENAI_API_KEY", OPENAI)
            .variable(&format!("{prefix}_ORCHESTRATOR__GRACE_S"), "3")
            .variable("SPECKIT_FRIEND", "is inherited");
        let withheld = [
            "WORK_SECRET".to_owned(),
            "OTHER_KEY".to_owned(),
            "OTHER_TOKEN".to_owned(),
            "ANTHROPIC_API_KEY".to_owned(),
            format!("{prefix}_AUTH__WORK__CLIENT_SECRET"),
            format!("{prefix}_AUTH__NEW__CLIENT_SECRET"),
            format!("{prefix}_AUTH__WORK__CLIENT_SECRET_FILE"),
            format!("{prefix}_AUTH__WORK__CLIENT_SECERT"),
            format!("{prefix}_PROVIDERS__OTHER__API_KEY"),
        ];
        for name in &withheld {
            dir = dir.variable(name, if name.ends_with("_FILE") { "secret" } else { "canary" });
        }
        dir.run(&format!("{RUN}{option}")).succeeds();
        let environment = dir.read("a.env");
        let names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        for name in &withheld {
            assert!(!names.contains(&name.as_str()), "{name} in:\n{environment}");
        }
        assert!(!environment.contains("canary"), "{environment}");
        let settings = format!("{prefix}_ORCHESTRATOR__GRACE_S");
        for name in ["OPENAI_API_KEY", "SPECKIT_FRIEND", &settings] {
            assert!(names.contains(&name), "no {name} in:\n{environment}");
        }
    }
}
