//! Agents that use a login: the token arrives and is shown nowhere.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::agents::gate_command::{RUN, gate_dir_with_settings, read_database_bytes};
use crate::test_dir::TestDir;

const TOKEN: &str = "ya29.Zq7Xw9Kv-token";
const REFRESH: &str = "rt.Pm4Nc8Vd-token";
const API_KEY: &str = "sk-Yt5Rb3Nm-key";
const CLIENT_SECRET: &str = "cs-Hx3Fk6Lp-key";
const FILE: &str = ".local/state/speckit/auth/work.json";
const LOGIN: &str = "[auth.work]\nissuer = 'https://id.example'\nclient_id = 'me'\nclient_authentication = 'post'\n\
                     client_secret_env = 'WORK_SECRET'\nstore = 'file'\nscopes = ['openid']\n";
/// The agent `a` uses the login, and the agent `b` has another provider.
const SET: &str = "--set providers.openai.login=work --set providers.openai.token_env=OPENAI_TOKEN --set \
                   validation.check_api_keys=true --set providers.anthropic.api_key_env=ANTHROPIC_API_KEY";

/// Shows and keeps what an agent finds in its environment.
const PRINT: &str =
    "echo \"t=${OPENAI_TOKEN-none} k=${OPENAI_API_KEY-none} s=${WORK_SECRET-none}\" > $0.env; env; env >&2";

fn gate_with_login() -> TestDir {
    gate_dir_with_settings(&[PRINT, PRINT], LOGIN)
        .variable("OPENAI_API_KEY", API_KEY)
        .variable("WORK_SECRET", CLIENT_SECRET)
        .variable("ANTHROPIC_API_KEY", "sk-Gm4Td6Rs-key")
}

/// Stores tokens that are valid for an hour, or that expired a minute ago.
fn log_in(dir: &TestDir, is_valid: bool) {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let expires_at = if is_valid { since_epoch + 3600 } else { since_epoch - 60 };
    let record = json!({
        "version": 1, "login": "work", "identity": { "client_id": "me", "issuer": "https://id.example" },
        "endpoints": { "device_authorization": "https://id.example/d", "token": "https://id.example/t" },
        "access_token": TOKEN, "refresh_token": REFRESH, "refresh_expires_at": since_epoch - 1, "issued_at": since_epoch - 1000, "expires_at": expires_at, "scopes": ["openid"],
    });
    dir.write(FILE, record.to_string());
    let allow = |path: &str, mode| {
        std::fs::set_permissions(dir.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(FILE, 0o600);
    allow(".local/state/speckit/auth", 0o700);
}

#[track_caller]
fn assert_hidden(what: &str, text: &str) {
    for secret in ["Zq7Xw9Kv", "Pm4Nc8Vd", "Yt5Rb3Nm", "Gm4Td6Rs", "Hx3Fk6Lp"] {
        assert!(!text.contains(secret), "{what} shows {secret}: {text}");
    }
}

#[test]
fn the_token_reaches_its_agent_alone_and_is_masked_everywhere() {
    let dir = gate_with_login();
    log_in(&dir, true);
    for options in ["", " --plain", " --format json", " --no-store", " --dry-run", " --dry-run --format json"]
    {
        let result = dir.run(&format!("{RUN} {SET}{options}")).succeeds();
        assert_hidden(options, &result.both());
    }
    assert_eq!(dir.read("a.sh.env"), format!("t={TOKEN} k=none s=none\n"));
    assert_eq!(dir.read("b.sh.env"), "t=none k=none s=none\n");
    for show in ["gate show 1 --database runs.db", "gate show 1 --database runs.db --format json"] {
        let shown = dir.run(show).succeeds().out;
        assert!(shown.contains("OPENAI_TOKEN=[redacted]"), "{shown}");
        assert_hidden(show, &shown);
    }
    assert_hidden("the database", &String::from_utf8_lossy(&read_database_bytes(&dir.path("runs.db"))));
}

#[test]
fn a_dry_run_and_an_explanation_name_the_credential_and_send_nothing() {
    let dir = gate_with_login();
    let credential = |key: &str| {
        let words = SET.split(' ').filter(|word| !word.is_empty());
        let set = words.collect::<Vec<_>>().join(" ");
        let text = dir.run(&format!("explain {key} {set}")).succeeds().out;
        let json = dir.run(&format!("explain {key} {set} --format json")).succeeds().json();
        assert_hidden(key, &format!("{text}{json}"));
        let line = text.lines().find_map(|line| line.strip_prefix("  credential "));
        assert_eq!(json["credential"].as_str(), line);
        line.map(String::from)
    };
    let plan = |kind: &str| {
        let json = dir.run(&format!("{RUN} {SET} --dry-run --format json")).succeeds().json();
        assert_eq!(json["plan"]["agents"][0]["credential"]["kind"], kind);
        json["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].to_string()).collect::<Vec<_>>()
    };
    let api_key = Some("the API key in OPENAI_API_KEY, because nobody is logged in to `work`".into());
    assert_eq!(
        (credential("providers.openai.login"), plan("api_key")),
        (api_key, vec!["\"auth/credential\"".into()])
    );
    log_in(&dir, false);
    let result = dir.run(&format!("{RUN} {SET} --dry-run")).succeeds();
    let result = result.stderr_has("the login `work` expired; the agents get the API key in OPENAI_API_KEY");
    result.stderr_has("run `speckit auth login work`");
    log_in(&dir, true);
    for key in ["", ".login", ".credentials", ".token_env", ".api_key_env"] {
        let line = credential(&format!("providers.openai{key}")).unwrap();
        assert!(
            line == "the login work (valid for 59 min)" || line == "the login work (valid for 1 h)",
            "{line}"
        );
    }
    assert_eq!(plan("login"), [""; 0]);
    for key in ["providers.openai.command", "providers", "auth.work", "providers.openai.credentials[0]"] {
        assert_eq!(credential(key), None, "{key}");
    }
    assert_eq!(credential("providers.anthropic"), Some("the API key in ANTHROPIC_API_KEY".into()));
    assert_eq!(dir.names().iter().filter(|name| name.ends_with(".pid")).count(), 0);
}

#[test]
fn a_missing_login_is_an_error_with_the_line_to_type() {
    let dir = gate_dir_with_settings(&["true"], LOGIN).variable("WORK_SECRET", CLIENT_SECRET);
    let set = "--set validation.check_api_keys=true --set providers.openai.login=work --set \
               providers.openai.token_env=OPENAI_TOKEN";
    let missing = "nobody is logged in to `work`, and variable `OPENAI_API_KEY` is not set";
    for command in [format!("{RUN} {set}"), format!("{RUN} {set} --dry-run")] {
        let result = dir.run(&command).exits_2().stderr_has("error[auth/login-needed]").stderr_has(missing);
        result.stderr_has("run `speckit auth login work` or `export OPENAI_API_KEY=…`");
    }
    dir.run(&format!("check {set} --set quality_gates.plan=a"))
        .succeeds()
        .stderr_has("warning[auth/login-needed]")
        .stderr_has(missing);
    let explained = dir.run(&format!("explain providers.openai.login {set}")).succeeds().out;
    assert!(explained.contains("  credential none: nobody is logged in to `work`"), "{explained}");
    // A file that others can read is refused, and the login counts as unusable.
    log_in(&dir, true);
    std::fs::set_permissions(dir.path(FILE), std::fs::Permissions::from_mode(0o644)).unwrap();
    let result = dir.run(&format!("{RUN} {set}")).exits_2().stderr_has("the login `work` cannot be used: ");
    assert_hidden("the refusal", &result.both());
}
