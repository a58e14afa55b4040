//! The `tracing` events of an outage.

use crate::config::tracing_events::table_of_the_guide;
use crate::recorded_events::{RecordedEvent, config_events_of_all_threads};

use super::*;

/// The first event of all threads that is the wanted one.
fn wait_for(is_wanted: impl Fn(&RecordedEvent) -> bool) -> RecordedEvent {
    let started = Instant::now();
    loop {
        if let Some(found) = config_events_of_all_threads().into_iter().find(&is_wanted) {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "there is no such event");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_beginning_and_the_end_of_an_outage_are_logged() {
    let _from_now_on = config_events_of_all_threads();
    let vault = Fake::new("logged vault", "port = '1'").shared();
    let config = builder().source(vault.clone()).open().unwrap();
    let (events, _watcher) = (config.subscribe(), config.watch().unwrap());
    vault.push(Behaviour::Fail("no route".into()));
    assert_outage(&next(&events), "`logged vault` cannot be read: no route");
    vault.text("port = '1'");
    let ConfigReloadEvent::SourceRecovered { outage, .. } = next(&events) else { panic!("no recovery") };

    let began = wait_for(|event| event.fields["message"] == "`logged vault` cannot be read: no route");
    assert_eq!((began.level.as_str(), began.fields["code"].as_str()), ("WARN", "source/unreadable"));
    let ended = wait_for(|event| event.fields.get("source").is_some_and(|source| source == "logged vault"));
    let RecordedEvent { level, mut fields, .. } = ended;
    assert_eq!(fields["outage_ms"], outage.as_millis().to_string());
    assert!(!fields.remove("message").unwrap().is_empty());
    assert_eq!(fields.remove("event").unwrap(), "source_recovered");
    let expected = table_of_the_guide().remove("source_recovered").unwrap();
    assert_eq!(([level].into(), fields.into_keys().collect()), expected);
}
