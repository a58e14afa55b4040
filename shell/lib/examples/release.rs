//! A release tool that takes its retries, its database and its checks from one configuration: it asks a server that is sometimes
//! overloaded, runs the checks in parallel, and records the outcome.
//!
//! `cargo run -p speckit --example release --features agents,sqlite`, also with `RELEASE_CHECKS__LICENCES='exit 1'`.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use speckit::agents::{AsyncOrchestrator, Guard, ProcessManager, become_guard_if_asked};
use speckit::retry::{ErrorClass, RetryConfig, Retrying};
use speckit::store::Store;
use speckit::{Builder, Config, ConfigPath};
use speckit_core::agents::gate::{Agent, CommandLine, Plan};

#[derive(Debug, Deserialize)]
struct Settings {
    database: ConfigPath,
    retry: RetryConfig,
    /// The shell script of each check, by its name.
    checks: BTreeMap<String, String>,
}

const DEFAULTS: &str = "
database = 'releases.db'

[retry]
initial_backoff_ms = 5

[checks]
format = 'echo all files are formatted'
licences = 'echo every licence is known'
tests = 'echo 12 tests pass'
";

fn builder() -> Builder<Settings> {
    Config::builder().defaults_toml(DEFAULTS).file("release.toml").env_prefix("RELEASE")
}

/// Why the server does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the server is overloaded")]
struct Overloaded;

/// A server that is overloaded at the first two calls.
#[derive(Default)]
struct Server {
    calls: AtomicU32,
}

impl Server {
    fn version(&self) -> Result<String, Overloaded> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(Overloaded),
            _ => Ok("1.3.0".into()),
        }
    }
}

/// Asks for the version, with the retries that the configuration has at each attempt.
fn next_version(config: &Config<Settings>, server: &Server) -> Result<String, Box<dyn Error>> {
    let retrying =
        Retrying::following(|| config.load().retry).classify(|_: &Overloaded| ErrorClass::Retryable);
    retrying.run(|| server.version()).map_err(|error| error.to_string().into())
}

/// The checks as a gate.
fn plan(settings: &Settings, version: &str) -> Plan {
    let check = |(name, script): (&String, &String)| {
        Agent::new(name.as_str(), CommandLine::new("sh", ["-c", script.as_str()]))
    };
    Plan::new("release", version, settings.checks.iter().map(check))
}

/// The releases that are recorded, the newest last: the version, and whether its checks passed.
fn releases(database: &Path) -> Result<Vec<(String, bool)>, Box<dyn Error>> {
    let store = Store::open(database)?;
    Ok(store.query_rows("SELECT version, is_ok FROM releases ORDER BY rowid", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?)
}

/// Runs the checks of the next version, and records the outcome.
fn release(
    config: &Config<Settings>,
    orchestrator: &AsyncOrchestrator,
    database: &Path,
) -> Result<bool, Box<dyn Error>> {
    let version = next_version(config, &Server::default())?;
    let store = Store::open(database)?;
    let table = "CREATE TABLE IF NOT EXISTS releases (version TEXT NOT NULL, is_ok INTEGER NOT NULL)";
    store.write(|tx| Ok(tx.execute_batch(table)?))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = runtime.block_on(orchestrator.run(plan(&config.current(), &version)));
    print!("{}", run.to_text());
    let is_ok = run.is_ok();
    store.write(move |tx| {
        tx.execute("INSERT INTO releases (version, is_ok) VALUES (?1, ?2)", (&version, is_ok))?;
        Ok(())
    })?;
    Ok(is_ok)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Before anything else: this program, started once more, is the guard of its checks.
    if become_guard_if_asked() {
        return Ok(ExitCode::SUCCESS);
    }
    let config = builder().open()?;
    let processes = ProcessManager::new().guarded_by(Arc::new(Guard::start()?));
    let folder = tempfile::tempdir()?;
    let database: PathBuf = folder.path().join(&config.current().database);
    let is_ok = release(&config, &AsyncOrchestrator::with(processes, 10), &database)?;
    for (version, is_ok) in releases(&database)? {
        println!("recorded {version}: {}", if is_ok { "passed" } else { "failed" });
    }
    Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use speckit::Environment;

    use super::*;

    fn recorded(variables: &[(&str, &str)]) -> (bool, Vec<(String, bool)>) {
        let environment = Environment::of(variables.iter().copied());
        let config = builder().environment(environment).open().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("releases.db");
        let is_ok = release(&config, &AsyncOrchestrator::new(10), &database).unwrap();
        (is_ok, releases(&database).unwrap())
    }

    #[test]
    fn a_release_whose_checks_pass_is_recorded_and_so_is_one_whose_checks_fail() {
        assert_eq!(recorded(&[]), (true, vec![("1.3.0".into(), true)]));
        let failing = [("RELEASE_CHECKS__TESTS", "exit 1"), ("RELEASE_CHECKS__FORMAT", "exit 1")];
        assert_eq!(recorded(&failing), (false, vec![("1.3.0".into(), false)]));
    }

    #[test]
    fn the_retries_are_those_of_the_configuration() {
        let config =
            builder().environment(Environment::default()).set("retry.max_attempts", "2").open().unwrap();
        let error = next_version(&config, &Server::default()).unwrap_err();
        assert!(error.to_string().contains("overloaded"), "{error}");
    }
}
