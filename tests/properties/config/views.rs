//! Laws of views: what a program gets of a part of its settings, whatever happens to the rest.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvError;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use serde::Deserialize;
use speckit::{Config, Reloaded, View};
use speckit_tests::fakes::FakeWorld;

#[derive(Deserialize)]
struct Settings {
    part: u8,
    #[serde(rename = "rest")]
    _rest: u8,
}

#[derive(Clone, Debug)]
enum Step {
    /// Writes a file and reloads it. Without a part the file is refused.
    Write {
        part: Option<u8>,
        rest: u8,
    },
    /// Awaits the next change of a view, and drops the future if there is none yet.
    Await(Index),
    /// The same on a thread.
    Wait(Index),
    Look(Index),
    Clone(Index),
    Drop(Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let view = any::<Index>;
    let step = prop_oneof![
        4 => (proptest::option::weighted(0.9, 0..3u8), 0..3u8).prop_map(|(part, rest)| Step::Write { part, rest }),
        4 => view().prop_map(Step::Await),
        2 => view().prop_map(Step::Wait),
        1 => view().prop_map(Step::Look),
        1 => view().prop_map(Step::Clone),
        1 => view().prop_map(Step::Drop),
    ];
    prop::collection::vec(step, 0..60)
}

/// A view with the part that it returned last, and the wake-ups of its task.
struct Followed {
    view: View<u8>,
    returned: u8,
    is_waiting: bool,
    wakes: Arc<WakeCount>,
}

#[derive(Default)]
struct WakeCount(AtomicUsize);

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Followed {
    fn of(config: &Config<Settings>) -> Self {
        let view = config.select(|settings| &settings.part);
        Self { returned: *view.current(), view, is_waiting: false, wakes: Arc::default() }
    }

    /// The result of the first poll of a new future.
    fn poll(&mut self) -> Poll<Result<u8, RecvError>> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        let polled = pin!(self.view.changed()).poll(&mut Context::from_waker(&waker));
        self.is_waiting = polled.is_pending();
        polled.map_ok(|part| *part)
    }

    fn take_wakes(&self) -> usize {
        self.wakes.0.swap(0, Ordering::Relaxed)
    }

    fn copy(&self) -> Self {
        Self { view: self.view.clone(), returned: self.returned, is_waiting: false, wakes: Arc::default() }
    }
}

proptest! {
    #[test]
    fn a_view_returns_each_difference_from_what_it_returned_last_and_nothing_else(steps in steps()) {
        let world = Arc::new(FakeWorld::default());
        let write = |text: String| world.files(|files| files.write("/app.toml", text.as_bytes())).unwrap();
        write("part = 0\nrest = 0\n".into());
        let config = Config::<Settings>::builder().file("/app.toml").world(Arc::clone(&world) as Arc<_>).open().unwrap();
        let mut in_use = 0;
        let mut views = vec![Followed::of(&config)];
        for step in steps {
            match step {
                Step::Write { part, rest } => {
                    write(part.map_or("part = 'no'\n".into(), |part| format!("part = {part}\nrest = {rest}\n")));
                    let is_renewed = config.reload() == Ok(Reloaded::Renewed);
                    in_use = part.unwrap_or(in_use);
                    for followed in &mut views {
                        let wakes = followed.take_wakes();
                        prop_assert!(wakes <= 1);
                        prop_assert!(!is_renewed || !followed.is_waiting || wakes == 1, "a waiting task is woken");
                        followed.is_waiting &= wakes == 0;
                    }
                    views.push(Followed::of(&config));
                }
                Step::Await(index) => {
                    let followed = index.get_mut(&mut views);
                    let expected = if followed.returned == in_use { Poll::Pending } else { Poll::Ready(Ok(in_use)) };
                    prop_assert_eq!(followed.poll(), expected);
                    followed.returned = in_use;
                }
                Step::Wait(index) => {
                    let followed = index.get_mut(&mut views);
                    let waited = followed.view.wait_timeout(Duration::ZERO).ok().map(|part| *part);
                    prop_assert_eq!(waited, (followed.returned != in_use).then_some(in_use));
                    followed.returned = in_use;
                }
                Step::Look(index) => prop_assert_eq!(*index.get(&views).view.current(), in_use),
                Step::Clone(index) => views.push(index.get(&views).copy()),
                Step::Drop(index) if views.len() > 1 => drop(views.swap_remove(index.index(views.len()))),
                Step::Drop(_) => {}
            }
        }
        drop(config);
        for mut followed in views {
            prop_assert!(!followed.is_waiting || followed.take_wakes() == 1, "the end wakes a waiting task");
            if followed.returned != in_use {
                prop_assert_eq!(followed.poll(), Poll::Ready(Ok(in_use)), "the last change is before the end");
            }
            prop_assert_eq!(followed.poll(), Poll::Ready(Err(RecvError)));
            prop_assert_eq!(*followed.view.current(), in_use);
        }
    }
}
