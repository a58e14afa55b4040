//! Gates of the real programs codex, claude and gemini, with the shipped providers. Servers on loopback stand in for their models.
//!
//! The programs are searched for in the folder that `SPECKIT_REAL_AGENTS` names, or on `PATH`. Without them these tests are skipped.
#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;
use speckit_tests::fakes::model_server::{Api, ModelReply, ModelServer};

use crate::test_dir::{RunResult, TestDir};

/// A prompt that no program may read as an option.
const PROMPT: &str = "---\ntitle: plan\n---\n- Is it sound? \u{1f980} ";
const APPROVED: &str = "Sure.\n{\"verdict\": \"approve\"}";

/// A folder with a gate of three real programs, which ask this server alone. `None`, with a note: a program is missing.
fn folder(server: &ModelServer, settings: &str) -> Option<TestDir> {
    let given = std::env::var("SPECKIT_REAL_AGENTS").ok();
    let path = format!("{}:{}", given.unwrap_or_default(), std::env::var("PATH").unwrap_or_default());
    let is_there = |name: &str| {
        path.split(':').any(|folder| !folder.is_empty() && Path::new(folder).join(name).is_file())
    };
    if !["codex", "claude", "gemini"].iter().all(|name| is_there(name)) {
        println!(
            "skipped: codex, claude and gemini are neither on PATH nor in the folder SPECKIT_REAL_AGENTS"
        );
        return None;
    }
    let config = format!(
        "[quality_gates]\nplan = [\"gemini\", \"claude\", \"gpt_codex\"]\n\
         [orchestrator]\nagree_on = \"verdict\"\nagent_timeout_s = 90\ngrace_s = 1\n{settings}"
    );
    let codex = format!(
        "model_provider = \"stand_in\"\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n\
         [model_providers.stand_in]\nname = \"stand-in\"\nbase_url = \"{}\"\nenv_key = \"OPENAI_API_KEY\"\n\
         wire_api = \"responses\"\nstream_max_retries = 1\n",
        server.url("/v1")
    );
    let gemini = "{\"security\": {\"auth\": {\"selectedType\": \"gemini-api-key\"}}, \"telemetry\": {\"enabled\": false}, \
                  \"privacy\": {\"usageStatisticsEnabled\": false}, \"general\": {\"enableAutoUpdate\": false}}";
    let dir = TestDir::with_config(&config).file("prompt.md", PROMPT.repeat(4000));
    let dir = dir.file("home/.codex/config.toml", codex).file("home/.gemini/settings.json", gemini);
    let home = dir.path("home").display().to_string();
    let variables = [
        ("PATH", path.as_str()),
        ("HOME", &home),
        ("OPENAI_API_KEY", "no-openai-key"),
        ("ANTHROPIC_API_KEY", "no-anthropic-key"),
        ("GEMINI_API_KEY", "no-gemini-key"),
        ("ANTHROPIC_BASE_URL", &server.url("")),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("GOOGLE_GEMINI_BASE_URL", &server.url("")),
        // Requests to all other hosts would go to the server, too.
        ("HTTPS_PROXY", &server.url("")),
        ("HTTP_PROXY", &server.url("")),
        ("NO_PROXY", "127.0.0.1"),
    ];
    Some(variables.iter().fold(dir, |dir, (name, value)| dir.variable(name, value)))
}

fn run_gate(dir: &TestDir) -> RunResult {
    let result = dir.run("gate run plan --spec S --prompt-file prompt.md --no-store --format json");
    println!("{}", result.both());
    result
}

fn last_event(result: &RunResult) -> Json {
    serde_json::from_str(result.out.lines().last().unwrap()).unwrap()
}

fn agent<'e>(event: &'e Json, name: &str) -> &'e Json {
    event["agents"].as_array().unwrap().iter().find(|agent| agent["name"] == name).unwrap()
}

/// Requests to other hosts reach the proxy, which refuses them: codex asks for its plugins.
#[track_caller]
fn assert_no_real_api_was_asked(server: &ModelServer) {
    let apis = ["api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"];
    let requests = server.requests_to(Api::OtherHost);
    let lines = requests.iter().map(|request| request.line.as_str());
    let asked: Vec<&str> = lines.filter(|line| apis.iter().any(|host| line.contains(host))).collect();
    assert_eq!(asked, [""; 0]);
}

#[test]
fn three_real_programs_agree() {
    let server = ModelServer::start(APPROVED);
    let Some(dir) = folder(&server, "") else { return };
    let result = run_gate(&dir).succeeds();
    let event = last_event(&result);
    assert_eq!((&event["verdict"], &event["ok"], &event["total"]), (&"full".into(), &3.into(), &3.into()));
    for (api, header, key) in [
        (Api::OpenAi, "authorization", "Bearer no-openai-key"),
        (Api::Anthropic, "x-api-key", "no-anthropic-key"),
        (Api::Google, "x-goog-api-key", "no-gemini-key"),
    ] {
        let requests = server.requests_to(api);
        // The whole prompt, as JSON has it.
        let prompt = serde_json::to_string(PROMPT.repeat(4000).trim_end()).unwrap();
        let with_prompt = requests.iter().find(|request| request.body.contains(prompt.trim_matches('"')));
        let request = with_prompt.unwrap_or_else(|| panic!("no request to {api:?} has the prompt"));
        assert_eq!(request.headers.get(header).map(String::as_str), Some(key));
    }
    assert_no_real_api_was_asked(&server);
}

#[test]
fn a_rate_limit_is_waited_for_and_degrades_the_gate() {
    let server = ModelServer::start(APPROVED);
    let patterns = "[retry]\nmax_attempts = 2\n[[providers.openai.failure_patterns]]\n\
                    pattern = '(?m)^\\{\"type\":\"turn\\.failed\".*429'\nclass = \"retryable\"\n";
    let Some(dir) = folder(&server, patterns) else { return };
    server.reply(Api::OpenAi, [ModelReply::RateLimited(2)]);
    let result = run_gate(&dir).succeeds();
    let event = last_event(&result);
    assert_eq!((&event["verdict"], &event["ok"]), (&"degraded".into(), &2.into()));
    assert_eq!(agent(&event, "gpt_codex")["attempts"], 2);
    // Each of the two attempts asked twice, and waited between its requests for as long as the server said.
    let requests = server.requests_to(Api::OpenAi);
    assert_eq!(requests.len(), 4);
    for pair in requests.chunks(2) {
        let wait = pair[1].at.duration_since(pair[0].at);
        assert!(wait >= Duration::from_millis(1900), "{wait:?}");
    }
    assert_no_real_api_was_asked(&server);
}

#[test]
fn a_model_that_stalls_is_ended_at_the_time_out_and_degrades_the_gate() {
    let server = ModelServer::start(APPROVED);
    let Some(dir) = folder(&server, "") else { return };
    server.reply(Api::Anthropic, [ModelReply::Stalled]);
    let result = run_gate(&dir.variable("SPECKIT_ORCHESTRATOR__AGENT_TIMEOUT_S", "45")).succeeds();
    let event = last_event(&result);
    assert_eq!((&event["verdict"], &event["ok"]), (&"degraded".into(), &2.into()));
    assert_eq!(agent(&event, "claude")["status"], "timed_out");
    assert_no_real_api_was_asked(&server);
}

#[test]
fn refusals_make_the_gate_insufficient() {
    let server = ModelServer::start(APPROVED);
    let Some(dir) = folder(&server, "") else { return };
    server.reply(Api::Anthropic, [ModelReply::Refused]);
    server.reply(Api::Google, [ModelReply::Refused]);
    let result = run_gate(&dir).exits_1();
    let event = last_event(&result);
    assert_eq!((&event["verdict"], &event["ok"]), (&"insufficient".into(), &1.into()));
    for name in ["claude", "gemini"] {
        assert_eq!(agent(&event, name)["status"], "failed", "{name}");
    }
    assert_no_real_api_was_asked(&server);
}
