//! Agents with tokens of logins, in real processes.
#![cfg(unix)]

use std::sync::{Arc, Mutex};

use speckit::agents::{CredentialSource, StagePlan};
use speckit::app::{AppConfig, ConfigLoader};
use speckit::auth::TokenManager;
use speckit::{Config, Environment};
use speckit_core::agents::Stage;
use speckit_core::agents::credentials::LoginState;
use speckit_core::agents::gate::Request;
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{CANARY, Reply, Route};
use tempfile::TempDir;

use super::*;
use crate::agents::provider_login::ProviderLogin;

/// Gives another token at each request, and none after the last one.
struct NumberedTokens {
    last: usize,
    needed: Mutex<Vec<Duration>>,
}

impl NumberedTokens {
    fn new(last: usize) -> Arc<Self> {
        Arc::new(Self { last, needed: Mutex::default() })
    }
}

impl CredentialSource for NumberedTokens {
    fn login_state(&self, login: &str) -> LoginState {
        assert_eq!(login, "work");
        LoginState::Usable { valid_for: None }
    }

    fn token(&self, _: &str, needed: Duration) -> Result<Secret<String>, String> {
        let mut all = self.needed.lock().unwrap();
        all.push(needed);
        if all.len() > self.last {
            return Err("the provider does not accept the refresh token any more".into());
        }
        Ok(Secret::new(format!("tok-Zq7Xw9Kv-{}", all.len())))
    }
}

/// A gate of one agent, which runs this script in the folder.
fn open(folder: &TempDir, script: &str) -> Config<AppConfig> {
    open_with_agents(folder, script, 1)
}

/// A gate of so many agents, each of which runs this script in the folder.
fn open_with_agents(folder: &TempDir, script: &str, count: usize) -> Config<AppConfig> {
    std::fs::write(folder.path().join("agent.sh"), script).unwrap();
    let names: Vec<String> = (0..count).map(|number| format!("agent_{number}")).collect();
    let model = |name: &String| format!("[models.{name}]\nprovider = 'google'\nmodel = 'm'\ntier = 'low'\n");
    let text = format!(
        "[retry]\ninitial_backoff_ms = 1\n[orchestrator]\nagent_timeout_s = 30\ngrace_s = 7\nagree_on = 'token'\n\
         [quality_gates]\nplan = {names:?}\n{}\
         [providers.google]\ncommand = 'sh'\nargs = ['{}', '{{prompt}}']\nlogin = 'work'\ntoken_env = 'TOKEN'\n\
         [auth.work]\nissuer = 'https://id.example'\nclient_id = 'me'\nstore = 'file'\n",
        names.iter().map(model).collect::<String>(),
        folder.path().join("agent.sh").display()
    );
    let path = folder.path().join("speckit.toml");
    std::fs::write(&path, text).unwrap();
    ConfigLoader::new(&path).environment(Environment::default()).open().unwrap()
}

/// The run, and everything that could be shown of it.
async fn run(config: &Config<AppConfig>, source: Arc<NumberedTokens>) -> (Run, String) {
    let request = Request { spec: "SPEC-1".into(), prompt: "is it complete?".into() };
    let planned = StagePlan::with_logins(config, Stage::Plan, &request, source).unwrap();
    let mut shown = format!("{planned:?}{}{}", planned.plan().to_text(), planned.plan().to_json());
    let gate = AsyncOrchestrator::new(1).begin_planned(planned);
    let events = gate.events();
    let run = gate.finish().await;
    for event in events {
        shown += &format!("{event}{event:?}{}", serde_json::to_string(&event).unwrap());
    }
    shown += &format!("{run:?}{}{}", run.to_text_with_outputs(), run.to_json_with_outputs(None));
    (run, shown)
}

#[tokio::test]
async fn each_attempt_gets_a_token_for_its_time_and_none_is_shown() {
    let folder = TempDir::new().unwrap();
    let kept = folder.path().join("kept");
    let script = format!(
        "echo \"$TOKEN\" >> {0}; echo \"it is $TOKEN.\"; echo \"{{\\\"token\\\": \\\"$TOKEN\\\"}}\"; echo \"$TOKEN\" >&2\n\
         test $(wc -l < {0}) -gt 1 || exit 75\n",
        kept.display()
    );
    let (config, source) = (open(&folder, &script), NumberedTokens::new(9));
    let (run, shown) = run(&config, Arc::clone(&source)).await;
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "tok-Zq7Xw9Kv-1\ntok-Zq7Xw9Kv-2\n");
    assert_eq!((statuses(&run), run.agents[0].attempts), (vec![Status::Ok], 2));
    assert!(run.agents[0].output.stdout.starts_with("it is [redacted].\n"), "{:?}", run.agents[0].output);
    assert_eq!(run.agents[0].output.stderr, "[redacted]\n");
    assert!(!shown.contains("Zq7Xw9Kv"), "{shown}");
    assert!(shown.contains("the login work, in TOKEN"), "{shown}");
    assert_eq!(*source.needed.lock().unwrap(), [Duration::from_secs(37); 2]);
}

#[tokio::test]
async fn an_attempt_without_a_token_is_not_started_and_not_repeated() {
    let folder = TempDir::new().unwrap();
    let started = folder.path().join("started");
    let config = open(&folder, &format!("echo x >> {}; exit 75\n", started.display()));
    let (run, shown) = run(&config, NumberedTokens::new(1)).await;
    assert_eq!(std::fs::read_to_string(&started).unwrap(), "x\n");
    assert_eq!((statuses(&run), run.agents[0].attempts), (vec![Status::NotStarted], 2));
    let reason = "the login `work` gives no token: the provider does not accept the refresh token any more";
    assert_eq!(run.agents[0].reason.as_deref(), Some(reason));
    assert!(!shown.contains("Zq7Xw9Kv"), "{shown}");
}

#[tokio::test]
async fn a_gate_without_a_source_uses_no_login() {
    let folder = TempDir::new().unwrap();
    let config = open(&folder, "echo \"${TOKEN-none}\"\n");
    let request = Request { spec: "SPEC-1".into(), prompt: "is it complete?".into() };
    let planned = StagePlan::of(&config, Stage::Plan, &request).unwrap();
    let run = AsyncOrchestrator::new(1).begin_planned(planned).finish().await;
    assert_eq!(run.agents[0].output.stdout, "none\n");
}

/// Says of a login that it is usable, without a look at its tokens.
struct Managed(TokenManager);

impl CredentialSource for Managed {
    fn login_state(&self, _: &str) -> LoginState {
        LoginState::Usable { valid_for: None }
    }

    fn token(&self, _: &str, needed: Duration) -> Result<Secret<String>, String> {
        let token = self.0.token_for(needed).map_err(|error| error.to_string())?;
        Ok(Secret::new(token.expose().to_owned()))
    }
}

#[tokio::test]
async fn agents_that_start_at_the_same_time_share_one_refresh() {
    let login = ProviderLogin::start();
    let (folder, tokens) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    login.grant(tokens.path(), 7200);
    login.provider.script(Route::Token, [Reply::model().after(Duration::from_millis(200))]);
    let kept = folder.path().join("kept");
    let config = open_with_agents(&folder, &format!("echo \"$TOKEN\" >> {}; env\n", kept.display()), 3);
    let source = Arc::new(Managed(TokenManager::new(login.client(), login.storage(tokens.path()))));
    let request = Request { spec: "SPEC-1".into(), prompt: "is it complete?".into() };
    let planned = StagePlan::with_logins(&config, Stage::Plan, &request, source).unwrap();
    let run = AsyncOrchestrator::new(3).begin_planned(planned).finish().await;
    let new = login.stored_token(tokens.path());
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), format!("{new}\n").repeat(3));
    assert_eq!(login.provider.refreshes().len(), 1);
    for agent in &run.agents {
        let output = &agent.output.stdout;
        assert!(output.contains("TOKEN=[redacted]") && !output.contains(CANARY), "{output}");
    }
}
