//! Agents whose token is refreshed before they start, or cannot be.

use std::path::PathBuf;

use speckit_tests::fakes::provider::{CANARY, Reply, Route};

use crate::agents::gate_command::{RUN, gate_dir_with_settings, read_database_bytes};
use crate::agents::provider_login::ProviderLogin;
use crate::test_dir::TestDir;

const HOUR: u64 = 3600;

/// Keeps and shows what an agent finds in its environment.
const PRINT: &str =
    "echo \"t=${TOKEN-none} k=${OPENAI_API_KEY-none}\" > $0.env; echo \"it is $TOKEN.\"; env >&2";

/// A folder with a gate of three agents, each of another provider that uses the login.
fn gate_with(login: &ProviderLogin) -> TestDir {
    gate_dir_with_settings(&[PRINT; 3], &login.settings()).variable("OPENAI_API_KEY", "canary-api-key")
}

fn tokens(dir: &TestDir) -> PathBuf {
    dir.path(".local/state/speckit/auth")
}

fn run(more: &str) -> String {
    let logins = ["openai", "anthropic", "google"].map(|provider| {
        format!("--set providers.{provider}.login=work --set providers.{provider}.token_env=TOKEN")
    });
    format!("{RUN} {} --set validation.check_api_keys=true{more}", logins.join(" "))
}

#[test]
fn an_expired_token_is_refreshed_once_for_three_agents_and_the_new_one_is_masked() {
    let login = ProviderLogin::start();
    let dir = gate_with(&login);
    let old = login.grant(&tokens(&dir), 2 * HOUR);
    let dry = dir.run(&run(" --dry-run")).succeeds();
    assert_eq!(login.provider.requests().len(), 0, "{}", dry.both());
    assert_eq!(login.stored_token(&tokens(&dir)), *old.access_token.expose());

    for options in ["", " --format json"] {
        let result = dir.run(&run(options)).succeeds();
        assert!(!result.both().contains(CANARY), "{}", result.both());
    }
    let new = login.stored_token(&tokens(&dir));
    assert_ne!(new, *old.access_token.expose());
    assert_eq!(login.provider.refreshes().len(), 1);
    for agent in ["a", "b", "c"] {
        assert_eq!(dir.read(&format!("{agent}.sh.env")), format!("t={new} k=none\n"));
    }
    let shown = dir.run("gate show 1 --database runs.db").succeeds().both();
    assert!(shown.contains("it is [redacted].") && !shown.contains(CANARY), "{shown}");
    let database = read_database_bytes(&dir.path("runs.db"));
    assert!(!String::from_utf8_lossy(&database).contains(CANARY));
}

#[test]
fn a_refused_refresh_leads_to_the_api_key_with_a_warning() {
    let login = ProviderLogin::start();
    let dir = gate_with(&login);
    login.grant(&tokens(&dir), 2 * HOUR);
    login.provider.revoke_all();
    let command = run(" --set quality_gates.plan=a");
    let refused = "the login `work` cannot be used: the provider does not accept the refresh token any more";
    let result = dir.run(&command).succeeds().stderr_has("warning[auth/credential]");
    let result = result.stderr_has(&format!("{refused}; the agents get the API key in OPENAI_API_KEY"));
    let result = result.stderr_has("run `speckit auth login work`");
    assert!(!result.both().contains(CANARY), "{}", result.both());
    assert_eq!(dir.read("a.sh.env"), "t=none k=canary-api-key\n");
    assert_eq!(login.provider.refreshes().len(), 1);
    // The refused tokens are removed, so the provider is not asked again.
    dir.run(&command).succeeds().stderr_has("nobody is logged in to `work`");
    assert_eq!(login.provider.refreshes().len(), 1);
    // The providers of the other agents have no API key.
    dir.run(&run("")).exits_2().stderr_has("error[auth/login-needed]");
}

#[test]
fn a_token_that_may_expire_while_an_agent_runs_is_used_with_a_warning_if_the_provider_is_away() {
    let login = ProviderLogin::start();
    let dir = gate_with(&login);
    let old = login.grant(&tokens(&dir), HOUR - 200);
    login.provider.always(Route::Token, Reply::html(502));
    let result = dir.run(&run("")).succeeds().stderr_has("warning[auth/credential]");
    let result = result.stderr_has("the token is not refreshed: the token endpoint answered with status 502");
    let result = result.stderr_has("and an agent may run for 5 min 5 s");
    assert!(!result.both().contains(CANARY), "{}", result.both());
    assert_eq!(dir.read("a.sh.env"), format!("t={} k=none\n", old.access_token.expose()));
    assert_eq!(login.provider.refreshes().len(), 1);
    // With a shorter time-out the token lasts long enough, and its margin alone asks for a refresh.
    let result = dir.run(&run(" --set orchestrator.agent_timeout_s=60")).succeeds();
    assert!(!result.both().contains("not refreshed"), "{}", result.both());
}

#[test]
fn a_login_whose_client_secret_is_missing_is_unusable_for_every_command() {
    let login = ProviderLogin::start();
    let dir = gate_with(&login);
    login.grant(&tokens(&dir), 0);
    let with = " --set quality_gates.plan=a --set auth.work.client_authentication=post --set \
                auth.work.client_secret_env=WORK_SECRET";
    let missing = "the login `work` cannot be used: the login `work` needs a client secret, and the variable `WORK_SECRET` has none";
    for options in ["", " --dry-run"] {
        dir.run(&run(&format!("{with}{options}"))).succeeds().stderr_has(missing);
    }
}

#[test]
fn tokens_of_another_client_are_neither_used_nor_sent() {
    let login = ProviderLogin::start();
    let dir = gate_with(&login);
    let record = login.grant(&tokens(&dir), 2 * HOUR);
    let other = "the stored tokens belong to another provider or client than the settings name";
    for options in ["", " --dry-run"] {
        let command = run(&format!(" --set quality_gates.plan=a --set auth.work.client_id=other{options}"));
        let result = dir.run(&command).succeeds().stderr_has(other);
        assert!(!result.both().contains(CANARY), "{}", result.both());
    }
    assert_eq!(dir.read("a.sh.env"), "t=none k=canary-api-key\n");
    assert_eq!(login.provider.requests().len(), 0);
    assert_eq!(login.stored_token(&tokens(&dir)), *record.access_token.expose());
}
