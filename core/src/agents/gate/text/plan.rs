//! A plan as text and as JSON.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::shell_words;
use crate::agents::credentials::Credential;
use crate::agents::gate::plan::{Agent, Plan};
use crate::plot::scale::whole_ms;
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
        let facts = [
            ("quorum", format!("{} of {}", self.quorum, self.voters())),
            ("agree on", agree_on),
            ("at once", format!("at most {}", count(self.max_concurrent, "agent"))),
            ("time-out", format!("{} for each attempt", duration(self.timeout))),
            ("grace", format!("{} from SIGTERM to SIGKILL", duration(self.grace))),
            ("retries", self.retries()),
            ("output", format!("up to {} of each stream kept", size(self.output_bytes as u64))),
        ];
        text.extend(facts.iter().map(fact));
        for agent in &self.agents {
            text.push('\n');
            text.push_str(&agent_text(agent));
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
            })
        };
        json!({
            "stage": self.stage,
            "spec": self.spec,
            "quorum": self.quorum,
            "total": self.voters(),
            "agree_on": self.agree_on.as_ref().map(Key::to_string),
            "max_concurrent": self.max_concurrent,
            "timeout_ms": whole_ms(self.timeout),
            "grace_ms": whole_ms(self.grace),
            "output_bytes": self.output_bytes,
            "retry": {
                "max_attempts": self.retry.max_attempts,
                "initial_backoff_ms": self.retry.initial_backoff_ms,
                "max_backoff_ms": self.retry.max_backoff_ms,
                "multiplier": self.retry.multiplier,
                "jitter": self.retry.jitter,
                "deadline_ms": self.retry.deadline_ms,
            },
            "agents": self.agents.iter().map(agent).collect::<Vec<_>>(),
        })
    }

    fn retries(&self) -> String {
        let retry = &self.retry;
        if retry.max_attempts <= 1 {
            return "none: each agent has one attempt".into();
        }
        let [first, cap, deadline] =
            [retry.initial_backoff(), retry.max_backoff(), retry.deadline()].map(duration);
        let attempts = count(retry.max_attempts, "attempt");
        let waits = format!("waits of {first} × {}, at most {cap}", retry.multiplier);
        format!("{attempts}; {waits}; at most {deadline} of waits for each agent")
    }
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

fn agent_text(agent: &Agent) -> String {
    let command = &agent.command;
    let stdin = match &command.stdin {
        Some(prompt) => format!("the prompt, {}", count(prompt.len(), "byte")),
        None => "nothing".into(),
    };
    let withheld = match command.withheld.as_slice() {
        [] => "nothing".into(),
        names => visible(&names.join(", ")),
    };
    let exits: Vec<String> = agent.exits_to_retry().iter().map(u8::to_string).collect();
    let facts = [
        ("command", shell_words::line(command)),
        ("stdin", stdin),
        ("credential", command.credential.as_ref().map_or("none".into(), Credential::to_string)),
        ("withheld", withheld),
        ("retried", format!("after exit {}", exits.join(", "))),
    ];
    let [name, model, provider] = [&agent.name, &agent.model, &agent.provider].map(|text| visible(text));
    facts.iter().map(fact).fold(format!("{name}: {model} of {provider}\n"), |text, fact| text + &fact)
}

fn fact((name, fact): &(&str, String)) -> String {
    format!("  {name:<11}  {fact}\n")
}
