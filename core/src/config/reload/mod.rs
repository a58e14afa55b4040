//! Reloading: when to read again, and what becomes of what was read.
//!
//! [`Machine`] decides and the shell does: it is told what happened and at what time, and answers with actions.
//! It holds no file, no clock and no thread. Time is the time since some fixed moment.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::config::reload::{Action, Input, Load, Machine, Notice, Patience};
//! use speckit_core::{LayerKind, Source};
//! use speckit_core::config::source::{Language, parse};
//! let tree = |text: &str| {
//!     let source = Source::document(LayerKind::File, "app.toml", text);
//!     parse(&source, Language::Toml).unwrap().root().fingerprint()
//! };
//! let quiet = Duration::from_millis(200);
//! let mut machine = Machine::running(1, tree("port = 1\n"), quiet);
//! let at = Duration::from_millis;
//! assert_eq!(machine.step(at(0), Input::Changed), []);
//! assert_eq!(machine.step(at(150), Input::Changed), [], "the burst goes on");
//! assert_eq!(machine.next_deadline(), Some(at(350)));
//! assert_eq!(machine.step(at(350), Input::Timer), [Action::Read { patience: Patience::Whole }]);
//! let read = Load::Accepted { tree: tree("port = 2\n"), in_files: true };
//! assert_eq!(
//!     machine.step(at(351), Input::Loaded(read)),
//!     [Action::Tell(Notice::FileChanged), Action::Publish { generation: 2 }, Action::Tell(Notice::Success)]
//! );
//! ```

use alloc::vec::Vec;
use core::time::Duration;

use crate::tree::Fingerprint;

mod contents;
pub mod mounts;

pub use contents::{Content, Contents};

/// A storm of changes waits at most this many quiet periods.
pub const LONGEST_WAIT: u32 = 10;
/// How long a file may be empty or missing before that counts as its new content.
pub const SETTLING: Duration = Duration::from_secs(2);

/// How long after the first reading a file that is not settled is read again; each further pause is twice as long, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Something that the configuration is made of may have changed. It is a hint: which paths changed, and
    /// whether any did, is seen when they are read. An overflow of the system's events is one too.
    Changed,
    /// Time has passed.
    Timer,
    /// So many guards keep the running configuration from being replaced.
    Busy(usize),
    /// Somebody wants a reload now, and takes what is there as it is.
    Asked,
    /// What was asked for by [`Action::Read`] has been read.
    Loaded(Load),
    /// The quiet period is another from now on.
    Quiet(Duration),
    /// Nothing is wanted any more.
    Stop,
}

/// What a reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The same bytes as the reading before, whatever became of that one.
    Unchanged,
    /// A file that had bytes is empty or gone, and the [`Patience`] of the reading is with it.
    Unsettled {
        /// Whether a file lost its content since the reading before, be that one unsettled too.
        anew: bool,
    },
    /// Every file has its content again. It is answered to [`Patience::Look`] only.
    Returned,
    /// A configuration that obeys its rules.
    Accepted {
        /// Its tree as it was written.
        tree: Fingerprint,
        /// Whether the bytes of a file differ from the reading before.
        in_files: bool,
    },
    /// One that does not.
    Refused {
        /// Its findings.
        findings: Fingerprint,
        /// Whether the bytes of a file differ from the reading before.
        in_files: bool,
    },
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read and check everything, and answer with [`Input::Loaded`].
    Read {
        /// Which files that became empty or vanished are answered by [`Load::Unsettled`]; the others count.
        patience: Patience,
    },
    /// Replace the running configuration by what was read last.
    Publish {
        /// The number that it has: that of the running one where only places differ.
        generation: u64,
    },
    /// Tell the subscribers.
    Tell(Notice),
}

/// With which files a reading is patient that lost their content (see [`Contents::lost_content_since`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// With each that lost it since the last reading that was not unsettled.
    Whole,
    /// With those that lost it since the reading before; the others have been lost for long enough.
    NewLosses,
    /// As the first; and where every file has its content again, nothing is made of it yet, since it may be half
    /// written: the answer is [`Load::Returned`].
    Look,
    /// With none.
    None,
}

/// What subscribers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The content of files changed, and that makes a difference.
    FileChanged,
    /// What the files say is in force.
    Success,
    /// What the files say is refused; the running configuration stays.
    Failed,
    /// What the files say is accepted, and waits for the last guard.
    Deferred {
        /// How many guards there are.
        busy: usize,
    },
}

/// What subscribers were told last about the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// They are in force.
    InForce,
    /// They are refused, with these findings.
    Refused(Fingerprint),
    /// They wait, with this tree.
    Deferred(Fingerprint),
}

/// Changes that wait for a quiet period.
#[derive(Clone, Copy, Debug)]
struct Burst {
    first: Duration,
    last: Duration,
}

/// A file that lost its content, and is read again.
#[derive(Clone, Copy, Debug)]
struct Settling {
    since: Duration,
    reads: u32,
    due: Duration,
}

/// Decides when a configuration is read again and what becomes of it.
///
/// What holds whatever happens (see `tests/properties/config/reload.rs`): nothing is published while a guard is held, and
/// nothing that was refused; each change that makes a difference is told once; each deferral ends in one success
/// or failure; when everything has been quiet for long enough, the newest content is in force or refused.
#[derive(Clone, Debug)]
pub struct Machine {
    quiet: Duration,
    generation: u64,
    running: Fingerprint,
    told: Told,
    /// The tree that waits for the last guard.
    waiting: Option<Fingerprint>,
    busy: usize,
    burst: Option<Burst>,
    settling: Option<Settling>,
    asked: bool,
    is_reading: bool,
    is_stopped: bool,
}

impl Machine {
    /// A machine for a configuration that is in force.
    pub fn running(generation: u64, tree: Fingerprint, quiet: Duration) -> Self {
        Self {
            quiet,
            generation,
            running: tree,
            told: Told::InForce,
            waiting: None,
            busy: 0,
            burst: None,
            settling: None,
            asked: false,
            is_reading: false,
            is_stopped: false,
        }
    }

    /// A machine for a configuration that stands in for one that was refused.
    pub fn degraded(generation: u64, tree: Fingerprint, findings: Fingerprint, quiet: Duration) -> Self {
        Self { told: Told::Refused(findings), ..Self::running(generation, tree, quiet) }
    }

    /// Takes one input and answers with what is to be done, in this order.
    ///
    /// Times never go back. Each [`Action::Read`] is answered by one [`Input::Loaded`]; until then no other is asked
    /// for. A publication is only ever the answer to [`Input::Loaded`]: who tells the machine of guards under a
    /// lock and holds it over that step never replaces a configuration that is guarded.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Changed => {
                let first = self.burst.map_or(now, |burst| burst.first);
                self.burst = Some(Burst { first, last: now });
            }
            Input::Timer => {}
            Input::Busy(count) => self.busy = count,
            Input::Asked => self.asked = true,
            Input::Loaded(load) if self.is_reading => {
                self.is_reading = false;
                if !self.is_stopped {
                    self.decide(now, load, &mut actions);
                }
            }
            Input::Loaded(_) => {}
            Input::Quiet(quiet) => self.quiet = quiet,
            Input::Stop => self.is_stopped = true,
        }
        if let Some(patience) = self.due(now) {
            self.is_reading = true;
            actions.push(Action::Read { patience });
        }
        actions
    }

    /// When [`Input::Timer`] is wanted next; `None` while nothing is awaited.
    pub fn next_deadline(&self) -> Option<Duration> {
        if self.is_reading || self.is_stopped {
            return None;
        }
        self.burst_end().or(self.settling.map(|settling| settling.due))
    }

    /// The number of the running configuration.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Tells whether an accepted configuration waits for the last guard, and subscribers were told so.
    pub fn is_deferred(&self) -> bool {
        matches!(self.told, Told::Deferred(_))
    }

    /// Tells whether anything waits for the last guard, be it places alone.
    pub fn awaits_guards(&self) -> bool {
        self.waiting.is_some()
    }

    /// Tells whether changes wait for the end of a quiet period, or for a file to get its content back.
    pub fn is_waiting(&self) -> bool {
        self.burst.is_some() || self.settling.is_some()
    }

    /// Tells whether the newest content that was read is refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.told, Told::Refused(_))
    }

    fn burst_end(&self) -> Option<Duration> {
        let burst = self.burst?;
        let longest = self.quiet.saturating_mul(LONGEST_WAIT);
        Some(burst.last.saturating_add(self.quiet).min(burst.first.saturating_add(longest)))
    }

    /// Whether a reading is due, and how patient it is.
    fn due(&mut self, now: Duration) -> Option<Patience> {
        if self.is_reading || self.is_stopped {
            return None;
        }
        let burst_is_over = self.burst_end().is_some_and(|end| end <= now);
        // While changes come, files are half written: nothing but their end is a reason to read.
        let settling = self.settling.filter(|_| self.burst.is_none());
        let settling_is_due = settling.is_some_and(|settling| settling.due <= now);
        // What waits is read once more, since the newest content is to be published.
        let is_free =
            self.waiting.is_some() && self.busy == 0 && self.settling.is_none() && self.burst.is_none();
        if self.asked {
            self.asked = false;
            self.settling = None;
            return Some(Patience::None);
        }
        if burst_is_over {
            self.burst = None;
        }
        let patience_is_over =
            self.settling.is_some_and(|settling| settling.since.saturating_add(SETTLING) <= now);
        let patience = match (patience_is_over, settling_is_due) {
            (true, _) => Patience::NewLosses,
            (false, true) => Patience::Look,
            (false, false) => Patience::Whole,
        };
        (burst_is_over || settling_is_due || is_free).then_some(patience)
    }

    fn decide(&mut self, now: Duration, load: Load, actions: &mut Vec<Action>) {
        if let Load::Unsettled { anew } = load {
            // Each file has the whole time, so that a loss begins it again.
            let settling = self.settling.filter(|_| !anew);
            let reads = settling.map_or(1, |settling| settling.reads.saturating_add(1));
            let since = settling.map_or(now, |settling| settling.since);
            let doublings = 1u32.checked_shl(reads.saturating_sub(1)).unwrap_or(u32::MAX);
            let pause = FIRST_PAUSE.saturating_mul(doublings).min(LONGEST_PAUSE);
            let due = now.saturating_add(pause).min(since.saturating_add(SETTLING));
            self.settling = Some(Settling { since, reads, due });
            return;
        }
        self.settling = None;
        match load {
            // It may still be written, as after any other change.
            Load::Returned => self.burst = self.burst.or(Some(Burst { first: now, last: now })),
            Load::Accepted { tree, in_files } => {
                self.waiting = Some(tree);
                if self.busy == 0 {
                    self.publish(in_files, actions)
                } else {
                    self.defer(tree, in_files, actions)
                }
            }
            Load::Refused { findings, in_files } => {
                self.waiting = None;
                if self.told != Told::Refused(findings) {
                    self.told = Told::Refused(findings);
                    actions.extend(in_files.then_some(Action::Tell(Notice::FileChanged)));
                    actions.push(Action::Tell(Notice::Failed));
                }
            }
            Load::Unchanged if self.busy == 0 => self.publish(false, actions),
            Load::Unchanged | Load::Unsettled { .. } => {}
        }
    }

    /// Puts what waits in force.
    fn publish(&mut self, in_files: bool, actions: &mut Vec<Action>) {
        let Some(tree) = self.waiting.take() else { return };
        let is_news = tree != self.running || self.told != Told::InForce;
        if is_news && in_files && self.told != Told::Deferred(tree) {
            actions.push(Action::Tell(Notice::FileChanged));
        }
        if tree != self.running {
            self.generation += 1;
        }
        self.running = tree;
        self.told = Told::InForce;
        actions.push(Action::Publish { generation: self.generation });
        actions.extend(is_news.then_some(Action::Tell(Notice::Success)));
    }

    fn defer(&mut self, tree: Fingerprint, in_files: bool, actions: &mut Vec<Action>) {
        let was_deferred = match self.told {
            Told::InForce if tree == self.running => return,
            Told::Deferred(waiting) if waiting == tree => return,
            Told::Deferred(_) => true,
            Told::InForce | Told::Refused(_) => false,
        };
        self.told = Told::Deferred(tree);
        actions.extend(in_files.then_some(Action::Tell(Notice::FileChanged)));
        actions.extend((!was_deferred).then_some(Action::Tell(Notice::Deferred { busy: self.busy })));
    }
}

#[cfg(test)]
mod tests;
