//! Each operation of the table in the guide emits its event.

use serde::Deserialize;
use speckit::Config;
use speckit::store::Store;
use speckit::store::StoreError;

use crate::recorded_events::{RecordedEvent, events_of};
use crate::test_dir::TestDir;

const GUIDE: &str = include_str!("../../../shell/lib/src/guide/logging.md");

#[derive(Deserialize)]
struct Settings {
    #[expect(dead_code, reason = "only its type matters")]
    port: u16,
}

/// The measurements among the events.
fn measurements_of(run: impl FnOnce()) -> Vec<RecordedEvent> {
    let mut events = events_of(run);
    events.retain(|event| event.target == "speckit");
    events
}

fn whats(events: &[RecordedEvent]) -> Vec<(&str, &str)> {
    events.iter().map(RecordedEvent::what).collect()
}

/// The events have every field, equal times in three units, and the level of the table in the guide.
fn assert_complete(events: &[RecordedEvent]) {
    for event in events {
        let [ms, us, ns] =
            ["elapsed_ms", "elapsed_us", "elapsed_ns"].map(|name| event.fields[name].parse::<u64>().unwrap());
        assert_eq!((ms, us), (ns / 1_000_000, ns / 1000), "{event:?}");
        assert_eq!(event.target, "speckit");
        let row = format!("| `{}` | {} |", event.fields["operation"], event.level);
        assert!(GUIDE.contains(&row), "the guide has no row {row}");
    }
}

#[test]
fn a_load_and_each_reload_emit_an_event_for_every_stage() {
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    let mut opened = None;
    let events = measurements_of(|| {
        opened = Some(Config::<Settings>::builder().file(dir.path("app.toml")).open().unwrap());
    });
    let stages = ["parse", "merge", "check", "type", "publish"].map(|stage| (stage, "ok"));
    assert_eq!(whats(&events), [&stages[..], &[("load", "ok")]].concat());
    assert_eq!(events[4].fields["generation"], "1");
    assert_complete(&events);

    let config = opened.unwrap();
    dir.write("app.toml", "port = 2\n");
    let events = measurements_of(|| assert!(config.reload().is_ok()));
    assert_eq!(whats(&events), [&stages[..], &[("reload", "ok")]].concat());
    assert_eq!(events[4].fields["generation"], "2");
    assert_complete(&events);
}

#[test]
fn a_refusal_is_a_failure_of_the_stage_and_of_the_whole() {
    let dir = TestDir::new().file("app.toml", "port = 'x'\n");
    let builder = || Config::<Settings>::builder().file(dir.path("app.toml"));
    let events = measurements_of(|| drop(builder().open().unwrap_err()));
    let stages = [("parse", "ok"), ("merge", "ok"), ("check", "ok"), ("type", "failed")];
    assert_eq!(whats(&events), [&stages[..], &[("load", "failed")]].concat());

    dir.write("app.toml", "port = 1\n");
    let config = builder().open().unwrap();
    dir.write("app.toml", "port = \n");
    let events = measurements_of(|| drop(config.reload().unwrap_err()));
    let stages = [("parse", "ok"), ("merge", "ok"), ("check", "failed"), ("reload", "failed")];
    assert_eq!(whats(&events), stages);
}

#[test]
fn a_write_emits_an_event_with_its_outcome() {
    let dir = TestDir::new();
    let store = Store::open(dir.path("a.db")).unwrap();
    let events = measurements_of(|| {
        store.write(|tx| Ok(tx.execute_batch("CREATE TABLE t (n)")?)).unwrap();
        store.write(|_| Err::<(), _>(StoreError::refused("no"))).unwrap_err();
    });
    assert_eq!(whats(&events), [("store.write", "ok"), ("store.write", "failed")]);
    assert_complete(&events);
}

#[cfg(unix)]
mod gates {
    use speckit::agents::{AsyncOrchestrator, Runs};
    use speckit_core::agents::gate::{Agent, CommandLine, Plan};

    use super::*;

    #[test]
    fn a_gate_emits_an_event_for_each_spawn_each_agent_and_its_record() {
        let dir = TestDir::new();
        let store = Store::open(dir.path("a.db")).unwrap();
        let agent = |name: &str, script: &str| Agent::new(name, CommandLine::new("sh", ["-c", script]));
        let plan = Plan::new("plan", "SPEC-1", [agent("ann", "exit 0"), agent("bob", "exit 3")]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let events = measurements_of(|| {
            let run = runtime.block_on(AsyncOrchestrator::new(1).run(plan));
            Runs::of(store).add(&run, 10).unwrap();
        });
        assert_eq!(
            whats(&events),
            [
                ("gate.spawn", "ok"),
                ("gate.agent", "ok"),
                ("gate.spawn", "ok"),
                ("gate.agent", "failed"),
                ("store.write", "ok"),
                ("gate.store", "ok"),
            ]
        );
        assert_eq!([&events[1], &events[3]].map(|event| event.fields["agent"].as_str()), ["ann", "bob"]);
        assert_complete(&events);
    }

    #[test]
    fn an_agent_that_is_dropped_leaves_its_operation_early() {
        let plan = Plan::new("plan", "SPEC-1", [Agent::new("ann", CommandLine::new("sleep", ["60"]))]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let events = measurements_of(|| {
            runtime.block_on(async {
                let limit = std::time::Duration::from_millis(200);
                tokio::time::timeout(limit, AsyncOrchestrator::new(1).run(plan)).await.unwrap_err();
                tokio::task::yield_now().await;
            });
        });
        assert_eq!(whats(&events), [("gate.spawn", "ok"), ("gate.agent", "early")]);
    }
}
