//! `measure_time!` and its timer, with the feature `instrumentation`.

use std::future::{pending, ready};
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use speckit::instrumentation::{PerformanceMetrics, Timer};
use speckit::measure_time;

use crate::recorded_events::events_of;

/// The counts of an operation: ok, early, panicked.
fn counts(operation: &str) -> (u64, u64, u64) {
    let metrics = PerformanceMetrics::of(operation);
    metrics.map_or((0, 0, 0), |metrics| (metrics.ok, metrics.early, metrics.panicked))
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn an_expression_keeps_its_value_and_its_temporaries() {
    assert_eq!(measure_time!("value", 1 + 1), 2);
    assert_eq!(measure_time!("temporary", &String::from("abc")).len(), 3);
    let boxed: Box<dyn Fn() -> u8> = measure_time!("coercion", Box::new(|| 7));
    assert_eq!(boxed(), 7);
    measure_time!("unit", {
        assert_eq!(counts("unit"), (0, 0, 0));
    },);
    for operation in ["value", "temporary", "coercion", "unit"] {
        assert_eq!(counts(operation), (1, 0, 0), "{operation}");
    }
}

#[test]
fn every_way_out_of_an_expression_is_recorded_with_its_outcome() {
    fn by_question_mark() -> Option<u8> {
        measure_time!("question mark", Some(None::<u8>? + 1))
    }
    fn by_return(is_early: bool) -> u8 {
        measure_time!("return", if is_early { return 4 } else { 5 })
    }
    assert_eq!((by_question_mark(), by_return(true)), (None, 4));
    for number in 0..3 {
        measure_time!("loop", {
            if number == 1 {
                continue;
            }
        });
    }
    catch_unwind(|| measure_time!("panic", assert!(counts("panic").0 > 0, "on purpose"))).unwrap_err();
    assert_eq!(counts("question mark"), (0, 1, 0));
    assert_eq!(counts("return"), (0, 1, 0));
    assert_eq!(counts("loop"), (2, 1, 0));
    assert_eq!(counts("panic"), (0, 0, 1));
}

#[test]
fn a_measurement_in_a_destructor_during_a_panic_is_no_panic_of_its_own() {
    struct Measures;
    impl Drop for Measures {
        fn drop(&mut self) {
            fn left() -> Option<()> {
                measure_time!("in a destructor", None?)
            }
            assert_eq!(left(), None);
        }
    }
    catch_unwind(|| {
        let _measures = Measures;
        panic!("on purpose");
    })
    .unwrap_err();
    assert_eq!(counts("in a destructor"), (0, 1, 0));
}

#[test]
fn an_async_block_is_measured_from_its_first_poll_until_it_is_ready() {
    let text = String::from("abc");
    assert_eq!(poll(measure_time!("ready", async { ready(text.len()).await })), Poll::Ready(3));
    assert_eq!(poll(measure_time!("moved", async move { text })), Poll::Ready("abc".into()));
    assert_eq!((counts("ready"), counts("moved")), ((1, 0, 0), (1, 0, 0)));
}

#[test]
fn a_dropped_future_is_early_and_one_that_was_never_polled_is_not_measured() {
    assert_eq!(poll(measure_time!("dropped", async { pending::<()>().await })), Poll::Pending);
    drop(measure_time!("not polled", async { pending::<()>().await }));
    let failing = measure_time!("failing", async {
        None::<()>?;
        Some(())
    });
    assert_eq!(poll(failing), Poll::Ready(None));
    assert_eq!(counts("dropped"), (0, 1, 0));
    assert_eq!(counts("not polled"), (0, 0, 0));
    assert_eq!(counts("failing"), (0, 1, 0));
}

#[test]
fn a_measured_future_can_move_to_another_thread() {
    fn assert_send(future: impl Future<Output = ()> + Send) {
        drop(future);
    }
    assert_send(measure_time!("send", async { ready(()).await }));
}

#[test]
fn a_measurement_emits_an_event_at_the_level_info() {
    let events = events_of(|| {
        measure_time!("an event", 1);
        drop(Timer::start("an early event"));
    });
    let whats = events.iter().map(|event| (event.level.as_str(), event.what())).collect::<Vec<_>>();
    assert_eq!(whats, [("INFO", ("an event", "ok")), ("INFO", ("an early event", "early"))]);
    for name in ["elapsed_ms", "elapsed_us", "elapsed_ns"] {
        assert!(events[0].fields[name].parse::<u64>().is_ok(), "{name}");
    }
}
