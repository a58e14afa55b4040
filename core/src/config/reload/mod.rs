//! The state machine of reloads: when to read the files again, and what to do with the result.
//!
//! [`ReloadMachine`] takes inputs with their times and returns actions, which the shell executes. It has no files, clock
//! or threads. Times are measured from some fixed moment.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::config::reload::{ReloadAction, ReloadInput, ReadResult, ReloadMachine, ReloadEventKind, LostFiles};
//! use speckit_core::{LayerKind, Source};
//! use speckit_core::config::source::{Language, parse};
//! let tree = |text: &str| {
//!     let source = Source::document(LayerKind::File, "app.toml", text);
//!     parse(&source, Language::Toml).unwrap().root().fingerprint()
//! };
//! let debounce = Duration::from_millis(200);
//! let mut machine = ReloadMachine::running(1, tree("port = 1\n"), debounce);
//! let at = Duration::from_millis;
//! assert_eq!(machine.step(at(0), ReloadInput::Changed), []);
//! assert_eq!(machine.step(at(150), ReloadInput::Changed), [], "the burst continues");
//! assert_eq!(machine.next_deadline(), Some(at(350)));
//! assert_eq!(machine.step(at(350), ReloadInput::Timer), [ReloadAction::Read { lost_files: LostFiles::Wait }]);
//! let read = ReadResult::Accepted { tree: tree("port = 2\n"), files_changed: true };
//! assert_eq!(
//!     machine.step(at(351), ReloadInput::Read(read)),
//!     [ReloadAction::Emit(ReloadEventKind::FileChanged), ReloadAction::Publish { generation: 2 }, ReloadAction::Emit(ReloadEventKind::Success)]
//! );
//! ```

use alloc::vec::Vec;
use core::time::Duration;

use crate::tree::Fingerprint;

mod contents;
pub mod mounts;

pub use contents::{Content, Contents};

/// Continuous changes delay a reload by at most this many debounce periods.
pub const MAX_DEBOUNCE_PERIODS: u32 = 10;
/// How long a file may be empty or missing. After this time it is accepted as empty or missing.
pub const LOST_CONTENT_TIMEOUT: Duration = Duration::from_secs(2);

/// The delay before files are read again after one lost its content. It doubles with each retry, up to
/// [`MAX_RETRY_DELAY`].
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(50);
const MAX_RETRY_DELAY: Duration = Duration::from_millis(500);

/// An input of the [`ReloadMachine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadInput {
    /// Some source may have changed. This is only a hint: reading shows what really changed. An overflow of the system's
    /// event queue is such a hint too.
    Changed,
    /// The time of [`ReloadMachine::next_deadline`] has come.
    Timer,
    /// The new number of guards that delay publication.
    Busy(usize),
    /// A reload by hand: read now, and accept empty or missing files as they are.
    Requested,
    /// The result of [`ReloadAction::Read`].
    Read(ReadResult),
    /// The new debounce period.
    Debounce(Duration),
    /// Stop: no action follows any more.
    Stop,
}

/// What a read produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadResult {
    /// The same bytes as in the last read that was accepted, refused or unchanged.
    Unchanged,
    /// A file that had bytes is empty or missing, and [`LostFiles`] requires a wait for it.
    LostContent {
        /// Whether a file lost its content since the read directly before.
        is_new: bool,
    },
    /// Every file has its content again. Only [`LostFiles::Probe`] produces it.
    ContentRestored,
    /// A valid configuration.
    Accepted {
        /// The hash of the resolved values, with those that wait for a restart.
        tree: Fingerprint,
        /// Whether the bytes of a file differ from the last read that was accepted, refused or unchanged.
        files_changed: bool,
    },
    /// An invalid configuration.
    Refused {
        /// The hash of its diagnostics.
        diagnostics: Fingerprint,
        /// Whether the bytes of a file differ from the last read that was accepted, refused or unchanged.
        files_changed: bool,
    },
}

/// One action of the shell. [`ReloadMachine::step`] returns actions in the order in which to do them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadAction {
    /// Read and validate all sources, and answer with [`ReloadInput::Read`].
    Read {
        /// How to treat files that lost their content.
        lost_files: LostFiles,
    },
    /// Replace the running configuration by the one that was read last.
    Publish {
        /// Its generation. It stays the same if only comments or layout changed.
        generation: u64,
    },
    /// Emit an event to the subscribers.
    Emit(ReloadEventKind),
}

/// How a read treats files that lost their content (see [`Contents::lost_content_since`]): an editor may have truncated
/// them and not yet written the new text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostFiles {
    /// Answer [`ReadResult::LostContent`] if a file lost its content since the last read that was accepted or refused. The
    /// machine then reads again later.
    Wait,
    /// The same, only for files that lost their content since the read directly before: the wait for the others has timed
    /// out.
    WaitForNew,
    /// As [`LostFiles::Wait`]. If every file has its content again, answer [`ReadResult::ContentRestored`]: the content may
    /// still be incomplete, so the machine waits for one more debounce period.
    Probe,
    /// Take them as they are.
    Accept,
}

/// Which event to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadEventKind {
    /// Files changed, and this changed the configuration or its diagnostics.
    FileChanged,
    /// The content of the files is in use.
    Success,
    /// The content of the files is refused; the running configuration stays.
    Failed,
    /// The content of the files is valid, and waits until the last guard is dropped.
    Deferred {
        /// How many guards there are.
        busy: usize,
    },
}

/// The state of the files that subscribers know from the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reported {
    /// In force.
    InUse,
    /// Refused, with the hash of the diagnostics.
    Refused(Fingerprint),
    /// Waiting for guards, with the hash of the tree.
    Deferred(Fingerprint),
}

/// The first and the last change that wait for the end of the debounce period.
#[derive(Clone, Copy, Debug)]
struct Burst {
    first: Duration,
    last: Duration,
}

/// The wait for a file that lost its content: its start, how often the file was read, and when it is read next.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    since: Duration,
    reads: u32,
    due: Duration,
}

/// Decides when a configuration is read again, published or refused.
///
/// Its invariants (see `tests/properties/config/reload.rs`): nothing is published while a guard is held; a refused
/// configuration is never published; each relevant change emits its event once; each deferral ends in one success or failure; when
/// changes stop, the newest content is in use or refused.
#[derive(Clone, Debug)]
pub struct ReloadMachine {
    debounce: Duration,
    generation: u64,
    running: Fingerprint,
    reported: Reported,
    /// The tree that waits for the last guard.
    waiting: Option<Fingerprint>,
    busy: usize,
    burst: Option<Burst>,
    recovery: Option<Recovery>,
    is_requested: bool,
    is_reading: bool,
    is_stopped: bool,
}

impl ReloadMachine {
    /// Starts with a valid configuration.
    pub fn running(generation: u64, tree: Fingerprint, debounce: Duration) -> Self {
        Self {
            debounce,
            generation,
            running: tree,
            reported: Reported::InUse,
            waiting: None,
            busy: 0,
            burst: None,
            recovery: None,
            is_requested: false,
            is_reading: false,
            is_stopped: false,
        }
    }

    /// Starts with a fallback, because the configuration is refused.
    pub fn degraded(
        generation: u64,
        tree: Fingerprint,
        diagnostics: Fingerprint,
        debounce: Duration,
    ) -> Self {
        Self { reported: Reported::Refused(diagnostics), ..Self::running(generation, tree, debounce) }
    }

    /// Takes one input and returns the actions that follow.
    ///
    /// Times must not go back. The shell answers each [`ReloadAction::Read`] with one [`ReloadInput::Read`]; no second
    /// read is returned before that. Only [`ReloadInput::Read`] can lead to a publication. So every guard is
    /// respected if the caller passes [`ReloadInput::Busy`] and [`ReloadInput::Read`] under the same mutex.
    pub fn step(&mut self, now: Duration, input: ReloadInput) -> Vec<ReloadAction> {
        let mut actions = Vec::new();
        match input {
            ReloadInput::Changed => {
                let first = self.burst.map_or(now, |burst| burst.first);
                self.burst = Some(Burst { first, last: now });
            }
            ReloadInput::Timer => {}
            ReloadInput::Busy(count) => self.busy = count,
            ReloadInput::Requested => self.is_requested = true,
            ReloadInput::Read(load) if self.is_reading => {
                self.is_reading = false;
                if !self.is_stopped {
                    self.finish_read(now, load, &mut actions);
                }
            }
            ReloadInput::Read(_) => {}
            ReloadInput::Debounce(debounce) => self.debounce = debounce,
            ReloadInput::Stop => self.is_stopped = true,
        }
        if let Some(lost_files) = self.due(now) {
            self.is_reading = true;
            actions.push(ReloadAction::Read { lost_files });
        }
        actions
    }

    /// When to send [`ReloadInput::Timer`]; `None` while no time matters.
    pub fn next_deadline(&self) -> Option<Duration> {
        if self.is_reading || self.is_stopped {
            return None;
        }
        self.burst_end().or(self.recovery.map(|recovery| recovery.due))
    }

    /// The generation of the running configuration.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a valid configuration waits for guards and [`ReloadEventKind::Deferred`] was emitted.
    pub fn is_deferred(&self) -> bool {
        matches!(self.reported, Reported::Deferred(_))
    }

    /// Whether anything waits for guards, even a change of comments only.
    pub fn waits_for_guards(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether changes wait for the end of the debounce period, or a file without its content is waited for.
    pub fn is_settling(&self) -> bool {
        self.burst.is_some() || self.recovery.is_some()
    }

    /// Whether the newest content is refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.reported, Reported::Refused(_))
    }

    fn burst_end(&self) -> Option<Duration> {
        let burst = self.burst?;
        let longest = self.debounce.saturating_mul(MAX_DEBOUNCE_PERIODS);
        Some(burst.last.saturating_add(self.debounce).min(burst.first.saturating_add(longest)))
    }

    /// Whether a read is due, and how it treats lost files.
    fn due(&mut self, now: Duration) -> Option<LostFiles> {
        if self.is_reading || self.is_stopped {
            return None;
        }
        let burst_is_over = self.burst_end().is_some_and(|end| end <= now);
        // During a burst files may be half written: read only when it ends.
        let recovery = self.recovery.filter(|_| self.burst.is_none());
        let retry_is_due = recovery.is_some_and(|recovery| recovery.due <= now);
        // Read again before publishing: the files may have changed while the configuration waited.
        let can_publish =
            self.waiting.is_some() && self.busy == 0 && self.recovery.is_none() && self.burst.is_none();
        if self.is_requested {
            self.is_requested = false;
            self.recovery = None;
            return Some(LostFiles::Accept);
        }
        if burst_is_over {
            self.burst = None;
        }
        let timeout_is_over =
            self.recovery.is_some_and(|recovery| recovery.since.saturating_add(LOST_CONTENT_TIMEOUT) <= now);
        let lost_files = match (timeout_is_over, retry_is_due) {
            (true, _) => LostFiles::WaitForNew,
            (false, true) => LostFiles::Probe,
            (false, false) => LostFiles::Wait,
        };
        (burst_is_over || retry_is_due || can_publish).then_some(lost_files)
    }

    fn finish_read(&mut self, now: Duration, load: ReadResult, actions: &mut Vec<ReloadAction>) {
        if let ReadResult::LostContent { is_new } = load {
            // Each file gets the whole timeout, so a new loss restarts it.
            let recovery = self.recovery.filter(|_| !is_new);
            let reads = recovery.map_or(1, |recovery| recovery.reads.saturating_add(1));
            let since = recovery.map_or(now, |recovery| recovery.since);
            let doublings = 1u32.checked_shl(reads.saturating_sub(1)).unwrap_or(u32::MAX);
            let pause = FIRST_RETRY_DELAY.saturating_mul(doublings).min(MAX_RETRY_DELAY);
            let due = now.saturating_add(pause).min(since.saturating_add(LOST_CONTENT_TIMEOUT));
            self.recovery = Some(Recovery { since, reads, due });
            return;
        }
        self.recovery = None;
        match load {
            // The content may be incomplete: debounce it as any other change.
            ReadResult::ContentRestored => self.burst = self.burst.or(Some(Burst { first: now, last: now })),
            ReadResult::Accepted { tree, files_changed } => {
                self.waiting = Some(tree);
                if self.busy == 0 {
                    self.publish(files_changed, actions)
                } else {
                    self.defer(tree, files_changed, actions)
                }
            }
            ReadResult::Refused { diagnostics, files_changed } => {
                self.waiting = None;
                if self.reported != Reported::Refused(diagnostics) {
                    self.reported = Reported::Refused(diagnostics);
                    actions.extend(files_changed.then_some(ReloadAction::Emit(ReloadEventKind::FileChanged)));
                    actions.push(ReloadAction::Emit(ReloadEventKind::Failed));
                }
            }
            ReadResult::Unchanged if self.busy == 0 => self.publish(false, actions),
            ReadResult::Unchanged | ReadResult::LostContent { .. } => {}
        }
    }

    /// Publishes the waiting tree.
    fn publish(&mut self, files_changed: bool, actions: &mut Vec<ReloadAction>) {
        let Some(tree) = self.waiting.take() else { return };
        let is_relevant = tree != self.running || self.reported != Reported::InUse;
        if is_relevant && files_changed && self.reported != Reported::Deferred(tree) {
            actions.push(ReloadAction::Emit(ReloadEventKind::FileChanged));
        }
        if tree != self.running {
            self.generation += 1;
        }
        self.running = tree;
        self.reported = Reported::InUse;
        actions.push(ReloadAction::Publish { generation: self.generation });
        actions.extend(is_relevant.then_some(ReloadAction::Emit(ReloadEventKind::Success)));
    }

    fn defer(&mut self, tree: Fingerprint, files_changed: bool, actions: &mut Vec<ReloadAction>) {
        let was_deferred = match self.reported {
            Reported::InUse if tree == self.running => return,
            Reported::Deferred(waiting) if waiting == tree => return,
            Reported::Deferred(_) => true,
            Reported::InUse | Reported::Refused(_) => false,
        };
        self.reported = Reported::Deferred(tree);
        actions.extend(files_changed.then_some(ReloadAction::Emit(ReloadEventKind::FileChanged)));
        actions.extend(
            (!was_deferred).then_some(ReloadAction::Emit(ReloadEventKind::Deferred { busy: self.busy })),
        );
    }
}

#[cfg(test)]
mod tests;
