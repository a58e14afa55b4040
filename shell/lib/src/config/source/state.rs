//! The state of all sources of a configuration: what they returned, and what is to be done.

use std::mem::take;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use speckit_core::config::resolve::Document;
use speckit_core::config::source_machine::{
    FailureCause, SourceAction, SourceInput, SourceMachine, SourceResult,
};
use speckit_core::text::duration;
use speckit_core::{Code, Diagnostic, Fingerprint, Key};

use super::content::SourceDocument;
use super::status::SourceStatus;
use crate::os::clock;
use crate::sync::Monitor;

/// What subscribers and the engine get to know of a source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SourceEvent {
    /// The content changed.
    Changed,
    /// An outage began.
    Unreadable(Diagnostic),
    /// An outage ended.
    Recovered { name: String, outage: Duration },
}

/// Gets the events, on the thread of the sources.
pub(super) type Listener = Arc<dyn Fn(SourceEvent) + Send + Sync>;

/// What a read brought.
pub(super) enum Answer {
    Content(SourceDocument),
    Unchanged,
    Failed { reason: String, suggested: Option<Duration> },
}

/// The state, which the thread of the sources, reads, hints and the configuration change.
pub(super) struct Shared {
    state: Monitor<State>,
    started: Instant,
}

/// The state of all sources.
#[derive(Default)]
pub(super) struct State {
    sources: Vec<SourceState>,
    /// What the thread of the sources is to do.
    work: Work,
    listener: Option<Listener>,
    events: Vec<SourceEvent>,
    /// Whether anything changed since the thread of the sources looked.
    is_touched: bool,
    wakers: Vec<Waker>,
}

/// What the thread of the sources is to do.
#[derive(Default)]
pub(super) struct Work {
    /// The reads to begin, by index and number, with the version of the content in use.
    pub(super) reads: Vec<(usize, u64, Option<Box<str>>)>,
    /// The reads to cancel.
    pub(super) abandoned: Vec<(usize, u64)>,
    pub(super) is_stopped: bool,
}

/// The state of one source.
pub(super) struct SourceState {
    name: String,
    is_required: bool,
    machine: SourceMachine,
    content: Option<SourceDocument>,
    failure: Option<Failure>,
}

/// Why the reads of an outage failed.
struct Failure {
    /// The reason of the first one, which reports have, so that they stay the same during an outage.
    first: String,
    last: String,
}

impl Default for Shared {
    fn default() -> Self {
        Self { state: Monitor::default(), started: clock::now() }
    }
}

impl Shared {
    pub(super) fn new(sources: impl FnOnce(Duration) -> Vec<SourceState>) -> Arc<Self> {
        let state = State { sources: sources(Duration::ZERO), ..State::default() };
        Arc::new(Self { state: Monitor::new(state), started: clock::now() })
    }

    /// Changes the state, and wakes everything that waits for it.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State, Duration) -> R) -> R {
        let (result, wakers) = {
            let mut state = self.state.lock();
            state.is_touched = true;
            (change(&mut state, self.now()), take(&mut state.wakers))
        };
        self.state.notify_all();
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    /// Waits until something is to be done, and returns it with the events for the listener.
    pub(super) fn next_work(&self) -> (Work, Option<Listener>, Vec<SourceEvent>) {
        loop {
            let next = self.change(|state, now| {
                for index in 0..state.sources.len() {
                    if state.deadline_of(index).is_some_and(|deadline| deadline <= now) {
                        state.step(index, now, SourceInput::Timer);
                    }
                }
                // Own changes are no news.
                state.is_touched = false;
                state.take_work().ok_or_else(|| {
                    let next = (0..state.sources.len()).filter_map(|index| state.deadline_of(index)).min();
                    next.map_or(Duration::MAX, |deadline| deadline.saturating_sub(now))
                })
            });
            match next {
                Ok(work) => return work,
                Err(rest) => {
                    self.state.wait_for(rest, |state| take(&mut state.is_touched).then_some(()));
                }
            }
        }
    }

    /// Waits until these reads have ended or passed their time limits, which the thread of the sources notices.
    pub(super) fn wait_for(&self, reads: &[(usize, u64)]) {
        self.state.wait_for(Duration::MAX, |state| state.has_finished(reads).then_some(()));
    }

    /// Whether these reads have ended or passed their time limits; otherwise wakes `waker` at the next change.
    #[cfg(feature = "tokio")]
    pub(super) fn poll_for(&self, reads: &[(usize, u64)], waker: &Waker) -> bool {
        let mut state = self.state.lock();
        let has_finished = state.has_finished(reads);
        if !has_finished && !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        has_finished
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&State, Duration) -> R) -> R {
        let state = self.state.lock();
        look(&state, self.now())
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state.lock().work.is_stopped
    }

    fn now(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }
}

impl State {
    pub(super) fn step(&mut self, index: usize, now: Duration, input: SourceInput) {
        self.apply(index, now, input, None, String::new());
    }

    pub(super) fn answer(&mut self, index: usize, number: u64, now: Duration, answer: Answer) {
        let (result, content, reason) = match answer {
            Answer::Content(content) => {
                (SourceResult::Content(content.fingerprint), Some(content), String::new())
            }
            Answer::Unchanged => (SourceResult::Unchanged, None, String::new()),
            Answer::Failed { reason, suggested } => (SourceResult::Failed { suggested }, None, reason),
        };
        self.apply(index, now, SourceInput::Answer { number, result }, content, reason);
    }

    /// Passes an input to the machine of a source, and executes its actions on the state.
    fn apply(
        &mut self,
        index: usize,
        now: Duration,
        input: SourceInput,
        mut content: Option<SourceDocument>,
        reason: String,
    ) {
        let Some(source) = self.sources.get_mut(index).filter(|_| !self.work.is_stopped) else { return };
        for action in source.machine.step(now, input) {
            match action {
                SourceAction::Read { number } => {
                    let version = source.content.as_ref().and_then(|content| content.version.clone());
                    self.work.reads.push((index, number, version));
                }
                SourceAction::Abandon { number } => self.work.abandoned.push((index, number)),
                SourceAction::Use { .. } => {
                    source.content = content.take();
                    self.events.push(SourceEvent::Changed);
                }
                SourceAction::Fail { cause, begins_outage } => {
                    let last = match cause {
                        FailureCause::Error => reason.clone(),
                        FailureCause::TimeLimit => {
                            format!("no answer within {}", duration(source.machine.time_limit()))
                        }
                        FailureCause::NothingBefore => {
                            "it says `unchanged`, and was never read before".into()
                        }
                    };
                    let first = source.failure.take().map_or_else(|| last.clone(), |failure| failure.first);
                    source.failure = Some(Failure { first, last });
                    if begins_outage {
                        self.events.extend(source.warning().map(SourceEvent::Unreadable));
                    }
                }
                SourceAction::EndOutage { lasted } => {
                    source.failure = None;
                    self.events.push(SourceEvent::Recovered { name: source.name.clone(), outage: lasted });
                }
            }
        }
        // Equal content may have another version.
        if let (Some(used), Some(new)) = (&mut source.content, content)
            && used.fingerprint == new.fingerprint
        {
            used.version = new.version;
        }
    }

    /// Sends the events that wait, and all further ones, to this listener.
    pub(super) fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    /// Forgets what happened so far: who opens the configuration knows it.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    pub(super) fn stop(&mut self) {
        self.work.is_stopped = true;
    }

    /// The read of each source that answers a request from now on.
    pub(super) fn request(&mut self, index: usize, now: Duration) -> Option<(usize, u64)> {
        self.step(index, now, SourceInput::Requested);
        Some((index, self.sources.get(index)?.machine.requested_read()))
    }

    /// The contents, in the order of the sources, and the diagnostics about those without any.
    pub(super) fn contents(&self) -> impl Iterator<Item = (Fingerprint, Result<Document, Diagnostic>)> {
        self.sources.iter().map(|source| match &source.content {
            Some(content) => (content.fingerprint, content.document.clone()),
            None => (Fingerprint::of_bytes(b""), Err(source.absence())),
        })
    }

    pub(super) fn status(&self, now: Duration) -> Vec<SourceStatus> {
        let of = |source: &SourceState| SourceStatus {
            name: source.name.clone(),
            last_good: source.machine.last_good().map(|then| now.saturating_sub(then)),
            outage: source.machine.outage_since().map(|since| now.saturating_sub(since)),
            failure: source.failure.as_ref().map(|failure| failure.last.clone()),
            is_reading: source.machine.is_reading(),
            next_read: source.machine.next_read().map(|then| then.saturating_sub(now)),
        };
        self.sources.iter().map(of).collect()
    }

    fn deadline_of(&self, index: usize) -> Option<Duration> {
        self.sources.get(index)?.machine.next_deadline()
    }

    fn take_work(&mut self) -> Option<(Work, Option<Listener>, Vec<SourceEvent>)> {
        let is_stopped = self.work.is_stopped;
        let events = if self.listener.is_some() { take(&mut self.events) } else { Vec::new() };
        let is_something = is_stopped
            || !(self.work.reads.is_empty() && self.work.abandoned.is_empty() && events.is_empty());
        is_something.then(|| {
            let work = Work { is_stopped, ..take(&mut self.work) };
            self.work.is_stopped = is_stopped;
            (work, self.listener.clone(), events)
        })
    }

    fn has_finished(&self, reads: &[(usize, u64)]) -> bool {
        let is_over = |(index, number): &(usize, u64)| {
            let machine = self.sources.get(*index).map(|source| &source.machine);
            machine.is_none_or(|machine| machine.finished() >= *number || machine.is_blocked())
        };
        self.work.is_stopped || reads.iter().all(is_over)
    }
}

impl SourceState {
    pub(super) fn new(name: String, is_required: bool, machine: SourceMachine) -> Self {
        Self { name, is_required, machine, content: None, failure: None }
    }

    /// The warning at the beginning of an outage.
    fn warning(&self) -> Option<Diagnostic> {
        let help = match self.content {
            Some(_) => "its last content stays in use, and it is read again",
            None => "its settings are missing until it answers; it is read again",
        };
        let diagnostic = Diagnostic::warning(Code::SourceUnreadable, Key::root(), self.message()?);
        Some(diagnostic.help(help))
    }

    /// The diagnostic about a source without content.
    fn absence(&self) -> Diagnostic {
        let message = self.message().unwrap_or_else(|| format!("`{}` is not read yet", self.name));
        if self.is_required {
            Diagnostic::error(Code::SourceUnreadable, Key::root(), message)
                .help("check that it can be reached, and start the program again")
        } else {
            Diagnostic::warning(Code::SourceUnreadable, Key::root(), message)
                .help("its settings are missing until it answers")
        }
    }

    fn message(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        Some(format!("`{}` cannot be read: {}", self.name, failure.first))
    }
}
