//! Gates of a stage, as a running configuration has them.

use speckit::agents::GateError;
use speckit::app::{AppConfig, ConfigLoader};
use speckit::{Config, Environment, Reloaded};
use speckit_core::agents::Stage;
use speckit_core::agents::gate::Request;
use speckit_core::config::redact::Masks;
use tempfile::TempDir;
use tokio::time::sleep;

use super::*;

const FILE: &str = "speckit.toml";

fn config(timeout_s: u32) -> String {
    format!(
        "[validation]\ncheck_api_keys = false\ncheck_commands = false\n\
         [orchestrator]\nagent_timeout_s = {timeout_s}\n\
         [quality_gates]\nplan = ['claude', 'gemini']\n\
         [providers.anthropic]\ncommand = 'a'\nargs = ['wait 100']\n[providers.google]\ncommand = 'g'\nargs = ['wait 100']\n"
    )
}

fn shell(folder: &TempDir) -> Config<AppConfig> {
    let path = folder.path().join(FILE);
    std::fs::write(&path, config(10)).unwrap();
    ConfigLoader::new(&path).environment(Environment::of([])).open().unwrap()
}

fn request() -> Request {
    Request { spec: "SPEC-1".into(), prompt: "is it complete?".into() }
}

#[tokio::test(start_paused = true)]
async fn a_reload_waits_for_the_end_of_the_gate() {
    let folder = TempDir::new().unwrap();
    let shell = shell(&folder);
    let (orchestrator, _) = orchestrator(10);
    let request = request();
    let (run, reloaded) = tokio::join!(orchestrator.run_stage(&shell, Stage::Plan, &request), async {
        sleep(MS(50)).await;
        std::fs::write(folder.path().join(FILE), config(20)).unwrap();
        let reloaded = shell.reload().unwrap();
        (reloaded, shell.load().orchestrator.agent_timeout_s)
    });
    let run: Result<Run, GateError> = run;
    let run = run.unwrap();
    assert_eq!((run.stage.as_str(), run.agents.len(), run.elapsed_ms), ("plan", 2, 100));
    assert_eq!(reloaded, (Reloaded::Deferred, 10));
    assert_eq!(shell.load().orchestrator.agent_timeout_s, 20);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_dropped_holds_no_reload_up() {
    let folder = TempDir::new().unwrap();
    let shell = shell(&folder);
    let (orchestrator, _) = orchestrator(10);
    let gate = orchestrator.begin_stage(&shell, Stage::Plan, &request()).unwrap();
    let codes: Vec<&str> = gate.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["provider/prompt-unused"; 2]);
    let lines: Vec<_> = gate.warnings().iter().map(|w| w.origin.as_ref().unwrap().line_column()).collect();
    assert_eq!(lines, [Some((10, 8)), Some((13, 8))]);
    std::fs::write(folder.path().join(FILE), config(20)).unwrap();
    assert_eq!(shell.reload().unwrap(), Reloaded::Deferred);
    drop(gate);
    assert_eq!(shell.load().orchestrator.agent_timeout_s, 20);
}

#[tokio::test(start_paused = true)]
async fn the_api_keys_of_all_providers_are_masked() {
    // A variable of this process whose value is known: no test may set one.
    let (name, value) = ("CARGO_PKG_NAME", "speckit-tests");
    assert_eq!(std::env::var(name).as_deref(), Ok(value));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let config = config(10)
        .replace("args = ['wait 100']\n[providers", &format!("args = ['say {value}']\n[providers"))
        + &format!("api_key_env = '{name}'\n");
    std::fs::write(&path, config).unwrap();
    let shell = ConfigLoader::new(&path).environment(Environment::of([])).open().unwrap();
    let (orchestrator, _) = orchestrator(10);
    let run = orchestrator.run_stage(&shell, Stage::Plan, &request()).await.unwrap();
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n");
}

#[tokio::test(start_paused = true)]
async fn the_secrets_of_the_configuration_are_masked_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let provider = "[auth.acme]\nclient_id = 'acme'\nclient_secret = 'Hj2Lp8Gd'\nstore = 'file'\n\
                    device_authorization_url = 'https://acme.test/device'\ntoken_url = 'https://acme.test/token'\n";
    std::fs::write(&path, config(10).replace("wait 100", "say Hj2Lp8Gd; say Zq7Xw9Kv") + provider).unwrap();
    let shell = ConfigLoader::new(&path).environment(Environment::of([])).open().unwrap();
    let (orchestrator, _) = orchestrator(10);
    let orchestrator = orchestrator.masking(Masks::of_texts(["Zq7Xw9Kv".into()]));
    let run = orchestrator.run_stage(&shell, Stage::Plan, &request()).await.unwrap();
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n[redacted]\n");
}
