//! What is read in the output of the shipped providers' programs: small texts of the forms that the programs print.

use std::sync::Arc;

use speckit_core::agents::Stage;
use speckit_core::agents::gate::{Plan, Request};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_tests::golden;

/// What each program prints if it has an answer, if it fails, and if it ends before it has either.
const OUTPUTS: [(&str, &str, &str); 13] = [
    (
        "gpt_codex",
        "an answer after a warning and a new connection",
        r#"{"type":"thread.started","thread_id":"t"}
{"type":"item.completed","item":{"id":"0","type":"error","message":"the model is unknown"}}
{"type":"error","message":"connecting again: {\"verdict\": \"reject\"}"}
{"type":"item.completed","item":{"id":"1","type":"reasoning","text":"Maybe {\"verdict\": \"reject\"}"}}
{"type":"item.completed","item":{"id":"2","type":"agent_message","text":"It is.\n{\"verdict\": \"approve\"}"}}
{"type":"turn.completed","usage":{"output_tokens":12}}
"#,
    ),
    (
        "gpt_codex",
        "an error",
        r#"{"type":"thread.started","thread_id":"t"}
{"type":"error","message":"429"}
{"type":"turn.failed","error":{"message":"exceeded the limit, last status: 429"}}
"#,
    ),
    (
        "gpt_codex",
        "no end",
        "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"turn.started\"}\n",
    ),
    ("gpt_codex", "its own text", "It is.\n{\"verdict\": \"approve\"}\n"),
    (
        "claude",
        "an answer in a block of Markdown",
        r#"{"type":"result","is_error":false,"result":"```json\n{\"verdict\": \"approve\"}\n```","usage":{"output_tokens":12}}"#,
    ),
    (
        "claude",
        "an error",
        r#"{"type":"result","is_error":true,"api_error_status":400,"result":"API Error: 400 {\"verdict\": \"approve\"}"}"#,
    ),
    ("claude", "no end", "{\"type\":\"result\",\"is_error\":false,\"result\":\"{\\\"verdict\\\""),
    ("claude", "an answer without the key", r#"{"type":"result","is_error":false,"result":"It is sound."}"#),
    ("claude", "its own JSON", "{\"verdict\": \"approve\"}\n"),
    (
        "gemini",
        "an answer over several lines",
        "{\n  \"session_id\": \"s\",\n  \"response\": \"Sure.\\n{\\\"verdict\\\": \\\"approve\\\"}\",\n  \"stats\": {\"tokens\": 12}\n}\n",
    ),
    (
        "gemini",
        "an error",
        "{\n  \"session_id\": \"s\",\n  \"error\": {\"type\": \"Error\", \"message\": \"the key is invalid\", \"code\": 41}\n}\n",
    ),
    ("gemini", "no end", "{\n  \"session_id\": \"s\",\n"),
    ("gemini", "nothing", ""),
];

#[test]
fn the_outputs_of_the_shipped_programs_are_read() {
    let mut config = AppConfig::default();
    config.quality_gates.plan = ["gpt_codex", "claude", "gemini"].map(String::from).into();
    config.orchestrator.agree_on = Some("verdict".into());
    let request = Request { spec: "SPEC-1".into(), prompt: "Is it sound?".into() };
    let (plan, _) = Plan::of(&config, Stage::Plan, &request).unwrap();
    let mut table = String::new();
    for (name, what, output) in OUTPUTS {
        let agent = plan.agents.iter().find(|agent| agent.name == name).unwrap();
        let mut reader = plan.reader(agent, &Arc::new(Masks::default()));
        reader.push(output.as_bytes());
        let reading = reader.finish();
        let answer = match reading.answer {
            Ok(Some(answer)) => format!("answer {answer}"),
            Ok(None) => "no answer is looked for".into(),
            Err(why) => format!("no answer: {why}"),
        };
        let error = reading.error.map(|error| format!("\n  error: {error}")).unwrap_or_default();
        table.push_str(&format!("{name}, {what}\n  {answer}{error}\n"));
    }
    golden!("agents/gate", "the_outputs_of_the_shipped_programs", table);
}
