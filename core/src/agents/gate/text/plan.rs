//! A plan as text and as JSON.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::shell_words;
use crate::agents::consensus::JsonPointer;
use crate::agents::credentials::Credential;
use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::{OutputMode, OutputRules};
use crate::plot::scale::whole_ms;
use crate::retry::RetryConfig;
use crate::text::{count, duration, size, visible};
use crate::tree::Key;

impl Plan {
    /// The text of `gate run --dry-run`, with long arguments truncated.
    pub fn to_text(&self) -> String {
        let agents = count(self.agents.len(), "agent");
        let mut text = format!("{} for {}: {agents}, dry run\n", visible(&self.stage), visible(&self.spec));
        let agree_on = match &self.agree_on {
            Some(key) => format!("`{}` of their answers", visible(&key.to_string())),
            None => "success; answers are not compared".into(),
        };
        let accepted = match &self.accept {
            Some(answers) => visible(&answers.join(", ")),
            None => "every answer".into(),
        };
        let facts = [
            ("quorum", format!("{} of {}", self.quorum, self.voters())),
            ("agree on", agree_on),
            ("accept", accepted),
            ("at once", format!("at most {}", count(self.max_concurrent, "agent"))),
            ("time-out", format!("{} for each attempt", duration(self.timeout))),
            ("grace", format!("{} from SIGTERM to SIGKILL", duration(self.grace))),
            ("retries", retries(&self.retry)),
            ("output", format!("up to {} of each stream kept", size(self.output_bytes as u64))),
        ];
        let is_shown = |(name, _): &&(&str, String)| *name != "accept" || self.agree_on.is_some();
        text.extend(facts.iter().filter(is_shown).map(fact));
        for agent in &self.agents {
            text.push('\n');
            text.push_str(&agent_text(agent, &self.retry));
        }
        text
    }

    /// The plan in full.
    pub fn to_json(&self) -> Value {
        let agent = |agent: &Agent| {
            json!({
                "name": agent.name,
                "provider": agent.provider,
                "model": agent.model,
                "program": agent.command.program,
                "args": agent.command.args,
                "stdin": agent.command.stdin,
                "withheld": agent.command.withheld,
                "credential": agent.command.credential.as_ref().map(credential),
                "api_key_env": agent.command.credential.as_ref().and_then(api_key_variable),
                "retryable_exits": agent.exits_to_retry(),
                "output": agent.output.mode,
                "answer_at": agent.output.answer_at.as_ref().map(JsonPointer::to_string),
                "error_at": agent.output.error_at.as_ref().map(JsonPointer::to_string),
                "failure_patterns": agent.output.failure_patterns(),
                "retry": agent.retry.over(self.retry),
            })
        };
        json!({
            "stage": self.stage,
            "spec": self.spec,
            "quorum": self.quorum,
            "total": self.voters(),
            "agree_on": self.agree_on.as_ref().map(Key::to_string),
            "accept": self.accept.as_ref().map(|answers| answers.iter().map(|answer| json_of(answer)).collect::<Vec<_>>()),
            "max_concurrent": self.max_concurrent,
            "timeout_ms": whole_ms(self.timeout),
            "grace_ms": whole_ms(self.grace),
            "output_bytes": self.output_bytes,
            "retry": self.retry,
            "agents": self.agents.iter().map(agent).collect::<Vec<_>>(),
        })
    }
}

fn retries(retry: &RetryConfig) -> String {
    if retry.max_attempts <= 1 {
        return "none: each agent has one attempt".into();
    }
    let [first, cap, deadline] =
        [retry.initial_backoff(), retry.max_backoff(), retry.deadline()].map(duration);
    let attempts = count(retry.max_attempts, "attempt");
    let waits = format!("waits of {first} × {}, at most {cap}", retry.multiplier);
    format!("{attempts}; {waits}; at most {deadline} of waits for each agent")
}

/// An answer, which is JSON.
fn json_of(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap_or_else(|_| answer.into())
}

/// What the output of an agent is, and what in it counts.
fn output(rules: &OutputRules) -> String {
    let form = match rules.mode {
        OutputMode::Text => return "text".into(),
        OutputMode::Json => "a JSON document",
        OutputMode::Jsonl => "JSON lines",
    };
    let place = |what: &str, pointer: &Option<JsonPointer>| {
        pointer
            .as_ref()
            .map_or(String::new(), |pointer| format!("; the {what} at `{}`", visible(&pointer.to_string())))
    };
    format!("{form}{}{}", place("answer", &rules.answer_at), place("error", &rules.error_at))
}

/// Which credential an agent gets, never its value.
fn credential(credential: &Credential) -> Value {
    let login = match credential {
        Credential::Login { login, .. } => Some(login),
        Credential::ApiKey { .. } => None,
    };
    json!({ "kind": credential.kind(), "login": login, "variable": credential.variable() })
}

fn api_key_variable(credential: &Credential) -> Option<&str> {
    match credential {
        Credential::Login { .. } => None,
        Credential::ApiKey { variable } => Some(variable),
    }
}

fn agent_text(agent: &Agent, retry: &RetryConfig) -> String {
    let command = &agent.command;
    let stdin = match &command.stdin {
        Some(prompt) => format!("the prompt, {}", count(prompt.len(), "byte")),
        None => "nothing".into(),
    };
    let withheld = match command.withheld.as_slice() {
        [] => "nothing".into(),
        names => visible(&names.join(", ")),
    };
    let patterns = agent.output.failure_patterns();
    let exits: Vec<String> = agent.exits_to_retry().iter().map(u8::to_string).collect();
    let facts = [
        ("command", shell_words::line(command)),
        ("stdin", stdin),
        ("credential", command.credential.as_ref().map_or("none".into(), Credential::to_string)),
        ("withheld", withheld),
        ("retried", format!("after exit {}", exits.join(", "))),
        ("output", output(&agent.output)),
        ("failures", format!("also where {} in the output", count(patterns, "pattern"))),
        ("retries", retries(&agent.retry.over(*retry))),
    ];
    let is_shown = |(name, _): &&(&str, String)| match *name {
        "output" => agent.output.mode != OutputMode::Text,
        "failures" => patterns > 0,
        "retries" => !agent.retry.is_empty(),
        _ => true,
    };
    let [name, model, provider] = [&agent.name, &agent.model, &agent.provider].map(|text| visible(text));
    facts
        .iter()
        .filter(is_shown)
        .map(fact)
        .fold(format!("{name}: {model} of {provider}\n"), |text, fact| text + &fact)
}

fn fact((name, fact): &(&str, String)) -> String {
    format!("  {name:<11}  {fact}\n")
}
