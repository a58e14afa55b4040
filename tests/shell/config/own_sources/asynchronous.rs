//! Sources that are read by tasks of a runtime.

use super::*;

/// A source whose read never ends, unless it is ready.
#[derive(Clone, Default)]
struct AsyncFake {
    is_ready: bool,
    /// Whether a read was dropped before its end.
    is_cancelled: Arc<AtomicBool>,
}

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl AsyncSource for AsyncFake {
    fn name(&self) -> String {
        "async".into()
    }

    async fn read(&self) -> Result<SourceContent, SourceError> {
        let dropped = Dropped(self.is_cancelled.clone());
        if !self.is_ready {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        std::mem::forget(dropped);
        Ok(SourceContent::text(Language::Toml, "port = '9000'"))
    }

    fn is_required(&self) -> bool {
        self.is_ready
    }

    fn timeout(&self) -> Duration {
        if self.is_ready { PATIENCE } else { Duration::from_millis(150) }
    }
}

fn single_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn a_runtime_of_one_thread_opens_without_blocking_and_refuses_to_block() {
    let source = AsyncFake { is_ready: true, ..AsyncFake::default() };
    single_thread().block_on(async {
        let config = builder().async_source(source.clone()).open_async().await.unwrap();
        assert_eq!(config.load()["port"], "9000");
        let started = Instant::now();
        assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
        assert!(started.elapsed() < PATIENCE / 2, "it waits for no read");
        let (codes, report) = refusal(builder().async_source(source).open());
        assert_eq!(codes, ["source/runtime"], "{report}");
        assert!(report.contains("open_async().await"), "{report}");
    });
}

#[test]
fn a_runtime_of_several_threads_opens_in_both_ways() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let source = AsyncFake { is_ready: true, ..AsyncFake::default() };
    let _entered = runtime.enter();
    let config = builder().async_source(source.clone()).open().unwrap();
    assert_eq!(config.load()["port"], "9000");
    let config = runtime.block_on(builder().async_source(source).open_async()).unwrap();
    assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
}

#[test]
fn an_async_read_that_passes_its_time_limit_is_cancelled() {
    let source = AsyncFake::default();
    single_thread().block_on(async {
        let config = builder().async_source(source.clone()).open_async().await.unwrap();
        let warnings = config.snapshot().warnings().to_string();
        assert!(warnings.contains("no answer within 150 ms"), "{warnings}");
        let started = Instant::now();
        while !source.is_cancelled.load(Ordering::Relaxed) {
            assert!(started.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
}

#[test]
fn an_async_source_outside_a_runtime_is_a_mistake() {
    let (codes, report) = refusal(builder().async_source(AsyncFake::default()).open());
    assert_eq!(codes, ["source/runtime"], "{report}");
    assert!(report.contains("no tokio runtime can read `async`"), "{report}");
}
