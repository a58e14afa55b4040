//! Parts of the settings that threads and tasks follow while the configuration is reloaded, and events with their own generation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use speckit::{Config, ConfigReloadEvent, Receiver, Reloaded, Selected, View};
use speckit_tests::fakes::FakeWorld;

/// For a change that must come; a test that passes does not wait for it.
const TIMEOUT: Duration = Duration::from_secs(120);
const RELOADS: u32 = 300;

#[derive(Debug, Deserialize)]
struct Settings {
    database: Database,
    number: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Database {
    url: String,
}

struct Program {
    world: Arc<FakeWorld>,
    config: Config<Settings>,
}

impl Program {
    fn new() -> Self {
        let world = Arc::new(FakeWorld::default());
        write(&world, 0);
        let builder = Config::builder().file("/app.toml").world(Arc::clone(&world) as Arc<_>);
        Self { config: builder.open().unwrap(), world }
    }

    fn reload(&self, number: u32) {
        write(&self.world, number);
        assert_eq!(self.config.reload(), Ok(Reloaded::Renewed));
    }

    fn database(&self) -> View<Database> {
        self.config.select(|settings| &settings.database)
    }
}

/// Each write changes the number, and every seventh one the database.
fn write(world: &FakeWorld, number: u32) {
    let text = format!("number = {number}\ndatabase.url = 'db{}'\n", number / 7);
    world.files(|files| files.write("/app.toml", text.as_bytes())).unwrap();
}

/// The number of a database that a view returned, which has to be newer than the one before.
fn newer(database: &Database, before: u32) -> u32 {
    let number = database.url.trim_start_matches("db").parse().unwrap();
    assert!(number > before, "{number} after {before}");
    number
}

fn follow_on_a_thread(mut database: View<Database>) -> u32 {
    let mut last = 0;
    loop {
        match database.wait_timeout(TIMEOUT) {
            Ok(changed) => last = newer(&changed, last),
            Err(RecvTimeoutError::Disconnected) => return last,
            Err(RecvTimeoutError::Timeout) => panic!("neither a change nor the end"),
        }
    }
}

async fn follow_in_a_task(mut database: View<Database>) -> u32 {
    let mut last = 0;
    while let Ok(changed) = database.changed().await {
        last = newer(&changed, last);
    }
    last
}

/// Drops most futures before they are ready.
async fn follow_impatiently(mut database: View<Database>) -> u32 {
    let mut last = 0;
    loop {
        match tokio::time::timeout(Duration::from_micros(50), database.changed()).await {
            Ok(Ok(changed)) => last = newer(&changed, last),
            Ok(Err(_)) => return last,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

#[test]
fn in_a_storm_of_reloads_every_view_gets_only_newer_parts_and_ends_with_the_last() {
    let program = Program::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let database = program.database();
            thread::spawn(move || follow_on_a_thread(database))
        })
        .collect();
    let mut tasks: Vec<_> = (0..500).map(|_| runtime.spawn(follow_in_a_task(program.database()))).collect();
    tasks.extend((0..4).map(|_| runtime.spawn(follow_impatiently(program.database()))));
    for number in 1..=RELOADS {
        program.reload(number);
        if number % 50 == 0 {
            thread::yield_now();
        }
    }
    drop(program);
    for thread in threads {
        assert_eq!(thread.join().unwrap(), RELOADS / 7);
    }
    runtime.block_on(async {
        for task in tasks {
            let last = tokio::time::timeout(TIMEOUT, task).await.expect("the end wakes the task");
            assert_eq!(last.unwrap(), RELOADS / 7);
        }
    });
}

#[test]
fn a_change_of_another_part_and_one_that_is_taken_back_return_nothing() {
    let program = Program::new();
    let mut database = program.database();
    program.reload(1);
    program.reload(7);
    program.reload(2);
    assert_eq!(database.wait_timeout(Duration::ZERO).unwrap_err(), RecvTimeoutError::Timeout);
    program.reload(8);
    assert_eq!(database.current().url, "db1", "a look does not count as the change");
    assert_eq!(database.wait().unwrap().url, "db1");
    assert_eq!(database.wait_timeout(Duration::ZERO).unwrap_err(), RecvTimeoutError::Timeout);
}

#[test]
fn a_selected_part_keeps_its_generation_and_may_have_no_size() {
    let program = Program::new();
    let url: View<str> = program.config.select(|settings| settings.database.url.as_str());
    let before: Selected<str> = url.current();
    program.reload(7);
    assert_eq!((&*before, &*url.current()), ("db0", "db1"));
    drop(program);
    assert_eq!((&*before, &*url.current()), ("db0", "db1"));
}

/// A comparison that panics while the switch is on.
#[derive(Deserialize)]
struct Fragile(u32);

static PANICS: AtomicBool = AtomicBool::new(false);

impl PartialEq for Fragile {
    fn eq(&self, other: &Self) -> bool {
        assert!(!PANICS.load(Ordering::Relaxed), "the comparison has a mistake");
        self.0 == other.0
    }
}

#[test]
fn a_comparison_that_panics_breaks_no_reload_and_loses_no_change() {
    #[derive(Deserialize)]
    struct Settings {
        number: Fragile,
    }
    let world = Arc::new(FakeWorld::default());
    write(&world, 0);
    let builder = Config::<Settings>::builder().file("/app.toml").world(Arc::clone(&world) as Arc<_>);
    let config = builder.open().unwrap();
    let mut number = config.select(|settings| &settings.number);
    PANICS.store(true, Ordering::Relaxed);
    write(&world, 1);
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    for _ in 0..2 {
        assert!(catch_unwind(AssertUnwindSafe(|| number.wait_timeout(TIMEOUT).is_ok())).is_err());
    }
    PANICS.store(false, Ordering::Relaxed);
    assert_eq!(number.wait_timeout(TIMEOUT).map(|number| number.0), Ok(1));
}

/// The numbers in the snapshots of the successes that wait, and the generations of these events.
fn successes(events: &Receiver<speckit::ConfigEvent<Settings>>) -> Vec<(u64, u32)> {
    let mut successes = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let ConfigReloadEvent::ReloadSuccess { generation, .. } = *event {
            let snapshot = event.snapshot.unwrap();
            assert_eq!(snapshot.generation(), generation);
            successes.push((generation, snapshot.settings().number));
        }
    }
    successes
}

#[test]
fn a_late_subscriber_gets_the_settings_of_the_generation_of_each_event() {
    let program = Program::new();
    let events = program.config.subscribe();
    (1..=50).for_each(|number| program.reload(number));
    let expected: Vec<(u64, u32)> = (1..=50).map(|number| (u64::from(number) + 1, number)).collect();
    assert_eq!(successes(&events), expected);
}

#[test]
fn a_generation_ends_when_no_event_that_waits_and_no_handler_has_it() {
    let program = Program::new();
    let slow = program.config.subscribe();
    let first = Arc::downgrade(&program.config.snapshot());
    program.reload(1);
    let second = Arc::downgrade(&program.config.snapshot());
    program.reload(2);
    let third = Arc::downgrade(&program.config.snapshot());
    program.reload(3);
    assert!(first.upgrade().is_none(), "no event has published it");
    assert_eq!(successes(&slow), [(2, 1), (3, 2), (4, 3)]);
    assert!(second.upgrade().is_none() && third.upgrade().is_none(), "the events were handled");
    let fourth = Arc::downgrade(&program.config.snapshot());
    program.reload(4);
    let fifth = Arc::downgrade(&program.config.snapshot());
    assert!(fourth.upgrade().is_none());
    (5..=RELOADS).for_each(|number| program.reload(number));
    assert!(fifth.upgrade().is_none(), "its event was dropped, since more than 256 wait");
    let last = Arc::downgrade(&program.config.snapshot());
    program.reload(RELOADS + 1);
    assert!(last.upgrade().is_some());
    drop(slow);
    assert!(last.upgrade().is_none());
}

#[tokio::test]
async fn events_and_views_are_streams() {
    use std::future::poll_fn;
    use std::pin::Pin;

    use futures_core::Stream;

    async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
        poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await
    }
    let program = Program::new();
    let (mut events, mut database) = (program.config.subscribe(), program.database());
    program.reload(7);
    assert!(matches!(*next(&mut events).await.unwrap(), ConfigReloadEvent::FileChanged { .. }));
    assert!(matches!(*next(&mut events).await.unwrap(), ConfigReloadEvent::ReloadSuccess { .. }));
    assert_eq!(next(&mut database).await.unwrap().url, "db1");
    let waiting =
        tokio::spawn(async move { (next(&mut events).await.is_none(), next(&mut database).await.is_none()) });
    tokio::task::yield_now().await;
    drop(program);
    assert_eq!(waiting.await.unwrap(), (true, true));
}
