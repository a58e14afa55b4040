//! A service with its own configuration: defaults, a file, variables, a schema, a custom check, and reloads while its
//! workers answer requests.
//!
//! Run `cargo run -p speckit --example embed`, also with `SERVER_LISTEN__PORT=9000`. While it runs, write `server.toml`
//! with `port = 9001` below `[listen]`, then with a mistake. Ctrl-D ends the program.
#![expect(clippy::disallowed_methods, reason = "a program has a clock, files and threads of its own")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{io, thread};

use serde::Deserialize;
use speckit::{Builder, Config, ConfigError, ConfigReloadEvent};
use speckit_core::tree::diff;

#[derive(Debug, Deserialize)]
struct Settings {
    listen: Listen,
    workers: u32,
}

#[derive(Debug, Deserialize)]
struct Listen {
    host: String,
    port: u16,
}

const DEFAULTS: &str = "
workers = 4

[listen]
host = 'localhost'
port = 8080
";

const SCHEMA: &str = r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "properties": {
    "workers": { "type": "integer", "minimum": 1, "x-reload": "restart" },
    "listen": {
      "properties": {
        "host": { "type": "string", "description": "The name or address to listen on." },
        "port": { "type": "integer", "minimum": 1, "maximum": 65535, "description": "The port to listen on." }
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false
}"#;

/// A check that a schema cannot express, since it compares two settings.
fn check_workers(settings: &Settings) -> Result<(), String> {
    if settings.listen.port < 1024 && settings.workers > 1 {
        return Err(format!(
            "a port below 1024 allows only one worker: port {}, {} workers",
            settings.listen.port, settings.workers
        ));
    }
    Ok(())
}

fn config_builder() -> Result<Builder<Settings>, ConfigError> {
    let builder = Config::builder().defaults_toml(DEFAULTS).schema_json(SCHEMA);
    let builder = builder.file("server.toml").env_prefix("SERVER").validate(check_workers);
    Ok(builder.debounce(Duration::from_millis(500)))
}

/// Answers one request. It loads the configuration once, so that the whole answer uses the same one.
fn answer(config: &Config<Settings>) -> String {
    let settings = config.load();
    format!("{}:{} with {} workers", settings.listen.host, settings.listen.port, settings.workers)
}

/// Answers requests on the configured number of threads until `stop` is set; returns how many.
fn serve(config: &Config<Settings>, stop: &AtomicBool, send: impl Fn(String) + Sync) -> u64 {
    let count = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..config.load().workers {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    send(answer(config));
                    count.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
    });
    count.into_inner()
}

/// An event as lines of a log.
fn log(event: &ConfigReloadEvent) -> String {
    match event {
        ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, .. } => {
            let pending: Vec<String> =
                pending_restart.iter().map(|key| format!("{key} waits for a restart\n")).collect();
            format!("generation {generation}\n{}{}", diff::to_text(changed), pending.concat())
        }
        ConfigReloadEvent::ReloadFailed { generation, diagnostics } => {
            format!("generation {generation} stays in use\n{diagnostics}")
        }
        other => format!("{other:?}\n"),
    }
}

#[expect(clippy::print_stdout, reason = "it is a program")]
fn run() -> Result<(), ConfigError> {
    let config = config_builder()?.open()?;
    let (stop, events) = (AtomicBool::new(false), config.subscribe());
    let watcher = config.watch()?;
    println!("{}", answer(&config));
    if let Some(port) = config.snapshot().explain("listen.port") {
        print!("{}", port.to_text());
    }
    thread::scope(|scope| {
        let served = scope.spawn(|| serve(&config, &stop, drop));
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                if let Ok(event) = events.recv_timeout(Duration::from_millis(100)) {
                    print!("{}", log(&event));
                }
            }
        });
        // Until there is no more input, or it cannot be read.
        io::stdin().lines().take_while(Result::is_ok).for_each(drop);
        stop.store(true, Ordering::Relaxed);
        println!("{} requests answered", served.join().unwrap_or_default());
    });
    drop(watcher);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "it is a program")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // A report of all mistakes, each with its line.
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use speckit::Environment;

    #[test]
    fn a_variable_wins_over_the_defaults() {
        let environment = Environment::of([("SERVER_LISTEN__PORT", "9000")]);
        let config = config_builder().unwrap().environment(environment).open().unwrap();
        assert_eq!(config.load().listen.port, 9000);
    }

    #[test]
    fn a_small_port_takes_one_worker() {
        let server =
            || config_builder().unwrap().environment(Environment::default()).set("listen.port", "80");
        let error = server().open().unwrap_err();
        assert!(error.to_string().contains("a port below 1024 allows only one worker: port 80, 4 workers"));
        assert!(server().set("workers", "1").open().is_ok());
    }

    #[test]
    fn no_answer_mixes_two_configurations() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        let write = |n: usize| {
            std::fs::write(&path, format!("[listen]\nhost = 'h{n}'\nport = {}\n", 9000 + n)).unwrap();
        };
        write(0);
        let builder = config_builder().unwrap().environment(Environment::default()).set("workers", "3");
        let config = builder.required_file(&path).open().unwrap();
        let stop = AtomicBool::new(false);
        let expected = |answer: &str| (0..200).any(|n| answer == format!("h{n}:{} with 3 workers", 9000 + n));
        thread::scope(|scope| {
            let served =
                scope.spawn(|| serve(&config, &stop, |answer| assert!(expected(&answer), "{answer}")));
            for n in 1..200 {
                write(n);
                config.reload().unwrap();
            }
            stop.store(true, Ordering::Relaxed);
            assert!(served.join().unwrap() > 0);
        });
        assert_eq!(answer(&config), "h199:9199 with 3 workers");
    }

    #[test]
    fn a_change_of_the_workers_waits_for_a_restart_and_is_logged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, "").unwrap();
        let builder = config_builder().unwrap().environment(Environment::default()).required_file(&path);
        let config = builder.open().unwrap();
        let events = config.subscribe();
        std::fs::write(&path, "workers = 8\n[listen]\nport = 9000\n").unwrap();
        config.reload().unwrap();
        assert_eq!(config.load().workers, 4);
        let logged: String = std::iter::from_fn(|| events.try_recv().ok()).map(|event| log(&event)).collect();
        let expected =
            "generation 2\n- listen.port = 8080\n+ listen.port = 9000\nworkers waits for a restart\n";
        assert!(logged.ends_with(expected), "{logged}");
    }
}
