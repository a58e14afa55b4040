//! Gates that a running configuration defines.

use std::collections::BTreeMap;

use speckit::agents::GateError;
use speckit::app::{AppConfig, ConfigLoader};
use speckit::{Config, Environment, Reloaded};
use speckit_core::agents::gate::Request;
use speckit_core::agents::{
    GateSettings, ModelConfig, OrchestratorConfig, ProviderConfig, QualityGateConfig, Stage,
};
use speckit_core::config::redact::Masks;
use speckit_core::tree::typed::Secret;
use tempfile::TempDir;
use tokio::time::sleep;

use super::*;

const FILE: &str = "speckit.toml";

fn config_text(timeout_s: u32) -> String {
    format!(
        "[validation]\ncheck_api_keys = false\ncheck_commands = false\n\
         [orchestrator]\nagent_timeout_s = {timeout_s}\n\
         [quality_gates]\nplan = ['claude', 'gemini']\n\
         [providers.anthropic]\nstdin = 'none'\ncommand = 'a'\nargs = ['wait 100']\n[providers.google]\nstdin = 'none'\ncommand = 'g'\nargs = ['wait 100']\n"
    )
}

fn open_config(folder: &TempDir) -> Config<AppConfig> {
    let path = folder.path().join(FILE);
    std::fs::write(&path, config_text(10)).unwrap();
    ConfigLoader::new(&path).environment(Environment::default()).open().unwrap()
}

fn request() -> Request {
    Request { spec: "SPEC-1".into(), prompt: "is it complete?".into() }
}

#[tokio::test(start_paused = true)]
async fn a_running_gate_delays_a_reload() {
    let folder = TempDir::new().unwrap();
    let config = open_config(&folder);
    let (orchestrator, _) = orchestrator(10);
    let request = request();
    let (run, reloaded) = tokio::join!(orchestrator.run_stage(&config, Stage::Plan, &request), async {
        sleep(MS(50)).await;
        std::fs::write(folder.path().join(FILE), config_text(20)).unwrap();
        let reloaded = config.reload().unwrap();
        (reloaded, config.load().orchestrator.agent_timeout_s)
    });
    let run: Result<Run, GateError> = run;
    let run = run.unwrap();
    assert_eq!((run.stage.as_str(), run.agents.len(), run.elapsed_ms), ("plan", 2, 100));
    assert_eq!(reloaded, (Reloaded::Deferred, 10));
    assert_eq!(config.load().orchestrator.agent_timeout_s, 20);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_gate_ends_the_delay_of_a_reload() {
    let folder = TempDir::new().unwrap();
    let config = open_config(&folder);
    let (orchestrator, _) = orchestrator(10);
    let gate = orchestrator.begin_stage(&config, Stage::Plan, &request()).unwrap();
    let codes: Vec<&str> = gate.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["provider/prompt-unused"; 2]);
    let lines: Vec<_> = gate.warnings().iter().map(|w| w.origin.as_ref().unwrap().line_column()).collect();
    assert_eq!(lines, [Some((11, 8)), Some((15, 8))]);
    std::fs::write(folder.path().join(FILE), config_text(20)).unwrap();
    assert_eq!(config.reload().unwrap(), Reloaded::Deferred);
    drop(gate);
    assert_eq!(config.load().orchestrator.agent_timeout_s, 20);
}

#[tokio::test(start_paused = true)]
async fn the_api_keys_of_all_providers_are_masked() {
    // Tests must not set variables, so this test uses one that cargo sets.
    let (name, value) = ("CARGO_PKG_NAME", "speckit-tests");
    assert_eq!(std::env::var(name).as_deref(), Ok(value));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let text = config_text(10)
        .replace("args = ['wait 100']\n[providers", &format!("args = ['stdout {value}']\n[providers"))
        + &format!("api_key_env = '{name}'\n");
    std::fs::write(&path, text).unwrap();
    let config = ConfigLoader::new(&path).environment(Environment::default()).open().unwrap();
    let (orchestrator, _) = orchestrator(10);
    let run = orchestrator.run_stage(&config, Stage::Plan, &request()).await.unwrap();
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n");
}

#[tokio::test(start_paused = true)]
async fn the_secrets_of_the_configuration_are_masked_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let text = config_text(10).replace("wait 100", "stdout Hj2Lp8Gd; stdout Zq7Xw9Kv");
    let text = text.replace("[validation]\n", "[validation]\nstrict_schema = false\n");
    std::fs::write(&path, text + "api_key = 'Hj2Lp8Gd'\n").unwrap();
    let config = ConfigLoader::new(&path).environment(Environment::default()).open().unwrap();
    let (orchestrator, _) = orchestrator(10);
    let orchestrator = orchestrator.masking(Masks::of_texts(["Zq7Xw9Kv".into()]));
    let run = orchestrator.run_stage(&config, Stage::Plan, &request()).await.unwrap();
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n[redacted]\n");
}

/// Settings of another program, with a secret of its own.
#[derive(serde::Deserialize)]
struct Embedding {
    #[expect(dead_code, reason = "only its variable matters")]
    pkg_name: Secret<String>,
    models: BTreeMap<String, ModelConfig>,
    quality_gates: QualityGateConfig,
    providers: BTreeMap<String, ProviderConfig>,
    orchestrator: OrchestratorConfig,
}

impl<'a> From<&'a Embedding> for GateSettings<'a> {
    fn from(settings: &'a Embedding) -> Self {
        let Embedding { models, quality_gates, providers, orchestrator, .. } = settings;
        GateSettings { models, quality_gates, providers, orchestrator, retry: RetryConfig::default() }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn agents_of_an_embedding_program_get_none_of_its_secrets() {
    // Tests must not set variables, so this test uses those that cargo sets.
    let text = "quality_gates = {plan = ['a']}\norchestrator = {}\n\
                [models.a]\nprovider = 'shell'\nmodel = 'a'\ntier = 'low'\n\
                [providers.shell]\ncommand = 'sh'\nargs = ['-c', 'echo ${CARGO_PKG_NAME-none} ${HOME:+inherited}', '{prompt}']\n";
    let config = Config::<Embedding>::builder().defaults_toml(text).env_prefix("CARGO").open().unwrap();
    let run = AsyncOrchestrator::new(1).run_stage(&config, Stage::Plan, &request()).await.unwrap();
    assert_eq!(run.agents[0].output.stdout, "none inherited\n");
}
