//! A source that does what a test tells it.

use super::*;

/// What a read does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Behaviour {
    Text(String),
    Fail(String),
    Hang,
    Panic,
    Unchanged,
}

/// A source that does what the test tells it.
pub(super) struct Fake {
    pub(super) state: Mutex<FakeState>,
    pub(super) changed: Condvar,
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) timeout: Duration,
    pub(super) poll_interval: Option<Duration>,
}

pub(super) struct FakeState {
    pub(super) behaviour: Behaviour,
    reads: u64,
    hint: Option<Hint>,
}

impl Fake {
    pub(super) fn new(name: &'static str, text: &str) -> Self {
        let state = FakeState { behaviour: Behaviour::Text(text.into()), reads: 0, hint: None };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            name,
            is_required: true,
            timeout: PATIENCE,
            poll_interval: None,
        }
    }

    pub(super) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, FakeState> {
        // A read that panics holds no lock.
        self.state.lock().unwrap()
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
        self.changed.notify_all();
    }

    pub(super) fn text(&self, text: &str) {
        self.behave(Behaviour::Text(text.into()));
    }

    /// Behaves so from now on, and says so.
    pub(super) fn push(&self, behaviour: Behaviour) {
        self.behave(behaviour);
        self.hint().send();
    }

    pub(super) fn hint(&self) -> Hint {
        self.state().hint.clone().expect("the source is connected")
    }

    pub(super) fn reads(&self) -> u64 {
        self.state().reads
    }

    pub(super) fn wait_for_read(&self, number: u64) {
        let is_missing = |state: &mut FakeState| state.reads < number;
        let (_state, result) = self.changed.wait_timeout_while(self.state(), PATIENCE, is_missing).unwrap();
        assert!(!result.timed_out(), "read {number} does not begin");
    }
}

impl Source for Fake {
    fn name(&self) -> String {
        self.name.into()
    }

    fn read(&self) -> Result<SourceContent, SourceError> {
        let mut state = self.state();
        state.reads += 1;
        self.changed.notify_all();
        let state = self.changed.wait_while(state, |state| state.behaviour == Behaviour::Hang).unwrap();
        let behaviour = state.behaviour.clone();
        drop(state);
        match behaviour {
            Behaviour::Text(text) => Ok(SourceContent::text(Language::Toml, text)),
            Behaviour::Fail(reason) => Err(reason.into()),
            Behaviour::Unchanged => Ok(SourceContent::unchanged()),
            Behaviour::Panic => panic!("out of order"),
            Behaviour::Hang => unreachable!("it has been waited for"),
        }
    }

    fn poll_interval(&self) -> Option<Duration> {
        self.poll_interval
    }

    fn is_required(&self) -> bool {
        self.is_required
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn backoff(&self) -> RetryConfig {
        RetryConfig::default().with_initial_backoff_ms(100).with_max_backoff_ms(100).with_jitter(Jitter::None)
    }

    fn connect(&self, hint: Hint) {
        self.state().hint = Some(hint);
    }
}

/// Ends a hanging read with the test.
pub(super) struct Released(pub(super) Arc<Fake>);

impl Drop for Released {
    fn drop(&mut self) {
        self.0.text("");
    }
}
