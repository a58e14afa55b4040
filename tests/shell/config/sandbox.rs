//! A sandbox is a world of its own: what a builder reads from it, and what reports show.

use std::collections::BTreeMap;
use std::time::Duration;

use speckit::testing::Sandbox;
use speckit::{Config, Environment, Secret, Show};

type Ports = BTreeMap<String, u16>;

fn ports() -> speckit::Builder<Ports> {
    Config::builder().env_prefix("APP")
}

#[test]
fn a_relative_path_is_in_the_sandbox_and_shown_as_written() {
    let sandbox = Sandbox::new();
    sandbox.write("conf.d/20-local.toml", "b = 3\n").write("conf.d/10-base.toml", "a = 1\nb = 2\n");
    sandbox.write("conf.d/nested/30.toml", "a = 9\n").write("./etc/../app.toml", "c = 4\n");
    let builder = ports().file("app.toml").required_file("conf.d").file("absent.toml");
    let builder = builder.required_file("/etc/app/system.toml");
    sandbox.write("/etc/app/system.toml", "d = 5\n");
    let config = sandbox.open(builder).unwrap();
    assert_eq!(
        config.snapshot().show(Show::Origins),
        "a = 1   # conf.d/10-base.toml:1:5\nb = 3   # conf.d/20-local.toml:1:5\n\
         c = 4   # app.toml:1:5\nd = 5   # /etc/app/system.toml:1:5\n"
    );
}

#[test]
fn nothing_of_the_disk_or_of_the_process_is_visible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.toml");
    std::fs::write(&path, "port = 1\n").unwrap();
    assert!(std::env::var_os("PATH").is_some());
    let sandbox = Sandbox::new();
    let builder =
        Config::<BTreeMap<String, String>>::builder().env_prefix("PATH").file(&path).file("Cargo.toml");
    assert!(sandbox.open(builder).unwrap().current().is_empty());
}

#[test]
fn a_file_may_go_come_back_and_be_unreadable() {
    let sandbox = Sandbox::new();
    sandbox.write("conf.d/a.toml", "port = 1\n");
    let config = sandbox.open(ports().required_file("conf.d")).unwrap();
    let codes_of = |config: &Config<Ports>| {
        config.reload().unwrap_err().diagnostics().iter().map(|one| one.code.to_string()).collect::<Vec<_>>()
    };
    let codes = || codes_of(&config);

    sandbox.unreadable("conf.d/a.toml");
    assert_eq!(codes(), ["file/unreadable"]);
    sandbox.write("conf.d/a.toml", "port = 9\n");
    assert!(config.reload().is_ok(), "a new file can be read");
    sandbox.write("conf.d/a.toml", "port = 2\n").unreadable("conf.d");
    assert_eq!(codes(), ["file/unreadable"]);
    sandbox.remove("conf.d");
    assert_eq!(codes(), ["file/missing"]);
    sandbox.folder("conf.d");
    assert!(config.reload().is_ok(), "an empty folder sets nothing");
    sandbox.write("conf.d/a.toml", "port = 3\n");
    assert_eq!(config.reload().unwrap(), speckit::Reloaded::Renewed);
    assert_eq!(config.load()["port"], 3);

    let config = sandbox.open(ports().file("conf.d/a.toml")).unwrap();
    sandbox.unreadable("conf.d");
    assert_eq!(codes_of(&config), ["file/unreadable"], "it is in such a folder");
}

#[test]
fn variables_reserved_names_and_secret_files_work() {
    #[derive(serde::Deserialize)]
    struct Settings {
        password: Secret<String>,
        port: u16,
    }
    let sandbox = Sandbox::new();
    sandbox.write("/run/secrets/db", "hunter2\n").var("APP_PASSWORD_FILE", "/run/secrets/db");
    sandbox.var("APP_PORT", "80").var("APP_LOG", "debug").var("OTHER", "1");
    let builder = || Config::<Settings>::builder().env_prefix("APP").env_reserved(["LOG"]).strict(true);
    let config = sandbox.open(builder()).unwrap();
    assert_eq!((config.load().password.expose().as_str(), config.load().port), ("hunter2", 80));
    sandbox.var("OTHER", "hunter2");
    assert!(!format!("{sandbox:?}").contains("hunter2"));
    let wanted = sandbox.world().environment(&|name| name == "OTHER");
    assert_eq!(wanted.names().collect::<Vec<_>>(), ["OTHER"]);

    sandbox.remove_var("APP_PORT");
    let refused = config.reload().unwrap_err().to_string();
    assert!(refused.contains("missing key `port`"), "{refused}");
    let given = builder().environment(Environment::of([("APP_PASSWORD", "x"), ("APP_PORT", "1")]));
    assert_eq!(sandbox.open(given).unwrap().load().port, 1);
}

#[test]
fn a_schema_file_and_its_references_are_in_the_sandbox() {
    let sandbox = Sandbox::new();
    sandbox.write("schema/app.json", r#"{ "properties": { "port": { "$ref": "types.json#/port" } } }"#);
    sandbox.write("schema/types.json", r#"{ "port": { "type": "integer", "minimum": 10 } }"#);
    sandbox.write("app.toml", "port = 80\n");
    let builder = || ports().file("app.toml").schema_file("schema/app.json", Vec::new());
    let config = sandbox.open(builder()).unwrap();

    sandbox.write("schema/types.json", r#"{ "port": { "type": "integer", "minimum": 100 } }"#);
    let refused = config.reload().unwrap_err().to_string();
    assert!(refused.contains("app.toml:1:8") && refused.contains("at least 100"), "{refused}");
    sandbox.remove("schema");
    let missing = sandbox.open(builder()).unwrap_err().to_string();
    assert!(missing.contains("schema/app.json"), "{missing}");
}

#[test]
fn the_clock_stands_still_until_the_test_moves_it() {
    let sandbox = Sandbox::new();
    sandbox.write("app.toml", "port = 1\n");
    assert_eq!(sandbox.world().since_epoch(), Duration::from_secs(1_767_225_600), "2026-01-01");
    let config = sandbox.open(ports().file("app.toml").debounce(Duration::from_secs(60))).unwrap();
    sandbox.write("app.toml", "port = 2\n");
    config.hint();
    sandbox.advance(Duration::from_secs(59));
    assert_eq!((config.turn(), config.load()["port"]), (Some(Duration::from_secs(1)), 1));
    sandbox.advance(Duration::from_secs(1));
    assert_eq!((config.turn(), config.load()["port"]), (None, 2));
    assert_eq!(sandbox.world().since_epoch(), Duration::from_secs(1_767_225_660));
}

#[test]
fn a_watched_path_that_nothing_reads_is_noticed() {
    let sandbox = Sandbox::new();
    sandbox.write("certificate.pem", "one");
    let counter = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&counter);
    let builder =
        ports().watch_path("certificate.pem").debounce(Duration::from_secs(1)).validate(move |_| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok::<(), String>(())
        });
    let config = sandbox.open(builder).unwrap();
    let checks_after_hint = || {
        let before = counter.load(std::sync::atomic::Ordering::SeqCst);
        config.hint();
        config.turn();
        sandbox.advance(Duration::from_secs(1));
        config.turn();
        counter.load(std::sync::atomic::Ordering::SeqCst) - before
    };
    assert_eq!(checks_after_hint(), 0, "nothing has changed");
    sandbox.write("certificate.pem", "two");
    assert_eq!(checks_after_hint(), 1);
}

#[test]
fn sandboxes_of_several_threads_share_nothing_and_copies_share_everything() {
    let threads = (0..8_u16).map(|number| {
        std::thread::spawn(move || {
            let sandbox = Sandbox::new();
            sandbox.write("app.toml", format!("port = {number}\n")).var("APP_ADMIN", number.to_string());
            let config = sandbox.open(ports().file("app.toml")).unwrap();
            for round in 1..=50 {
                let next = number + 100 * round;
                sandbox.clone().write("app.toml", format!("port = {next}\n")).advance(Duration::from_secs(1));
                config.reload().unwrap();
                assert_eq!((config.load()["port"], config.load()["admin"]), (next, number));
                assert_eq!(sandbox.world().now(), Duration::from_secs(round.into()));
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
}
