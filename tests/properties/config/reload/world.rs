//! A test harness for the reload machine: two files, another source, a clock, read guards, and an engine that performs the
//! actions.

use std::time::Duration;

use speckit_core::Fingerprint;
use speckit_core::config::reload::{
    Content, Contents, LostFiles, ReadResult, ReloadAction, ReloadInput, ReloadMachine,
};

/// A machine that takes more inputs than this is in an endless loop.
const MAX_ENTRIES: usize = 20_000;

/// The generation of the configuration at the start.
pub(crate) const FIRST_GENERATION: u64 = 7;

/// The fallback tree of a refused start. Files can have the same tree.
pub(crate) const DEFAULTS: &str = "rest 0, first 0";

/// The text of a file. A comment only changes the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileText {
    Valid { tree: u8, comment: u8 },
    Invalid { fault: u8, comment: u8 },
    Empty,
    Missing,
}

impl FileText {
    pub(crate) fn has_bytes(self) -> bool {
        !matches!(self, Self::Empty | Self::Missing)
    }

    fn content(self) -> Content {
        match self {
            Self::Missing => Content::Missing,
            Self::Empty => Content::of(b""),
            Self::Valid { .. } | Self::Invalid { .. } => Content::of(format!("{self:?}").as_bytes()),
        }
    }
}

/// All sources of a configuration at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestSources {
    pub(crate) files: [FileText; 2],
    /// The settings that do not come from a file.
    pub(crate) rest: u8,
}

/// The result of checking the sources: the tree, or the diagnostics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    Valid(String),
    Invalid(String),
}

impl TestSources {
    /// Checks the sources. The first file is required, and an empty file sets nothing.
    pub(crate) fn check(&self) -> CheckResult {
        let mut diagnostics = String::new();
        let mut tree = format!("rest {}", self.rest);
        for (name, text) in ["first", "second"].into_iter().zip(self.files) {
            match text {
                FileText::Valid { tree: number, .. } => tree += &format!(", {name} {number}"),
                FileText::Invalid { fault, .. } => diagnostics += &format!("{name}: fault {fault}. "),
                FileText::Missing if name == "first" => diagnostics += "first: missing. ",
                FileText::Empty | FileText::Missing => {}
            }
        }
        if diagnostics.is_empty() { CheckResult::Valid(tree) } else { CheckResult::Invalid(diagnostics) }
    }

    fn contents(&self) -> Contents {
        let mut contents = Contents::default();
        for (path, text) in ["first.toml", "second.toml"].into_iter().zip(self.files) {
            contents.add_file(path, text.content());
        }
        contents.add("environment", fingerprint(&self.rest.to_string()));
        contents
    }
}

fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::of_bytes(text.as_bytes())
}

pub(crate) const fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// When a reading with a duration reads the files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadTime {
    AtStart,
    AtEnd,
    /// It reads the first file at its start, and the other sources at its end.
    Split,
}

/// One step of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HistoryStep {
    /// A file changes, and a hint follows after this many milliseconds.
    Write {
        file: usize,
        text: FileText,
        hint_after_ms: u64,
    },
    /// The settings outside of files change, with a hint.
    Rest(u8),
    /// A hint without a change.
    Touch,
    /// This many milliseconds pass, and each timer fires in time.
    Pass(u64),
    PassToDeadline,
    /// This many milliseconds pass, and the timer fires only afterwards.
    FireLate(u64),
    TakeGuard,
    DropGuard,
    RequestReload,
    DebounceMs(u64),
    /// From now on, a reading takes this many milliseconds.
    ReadDuration(u64, ReadTime),
    Stop,
}

/// The state at the start, and the steps.
#[derive(Clone, Debug)]
pub(crate) struct InputHistory {
    pub(crate) start: TestSources,
    pub(crate) debounce_ms: u64,
    pub(crate) steps: Vec<HistoryStep>,
}

/// One input with its results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TraceEntry {
    pub(crate) now: Duration,
    pub(crate) input: ReloadInput,
    /// The number of read guards.
    pub(crate) guards: usize,
    /// The sources that the reading returned, if the input ends one.
    pub(crate) read_sources: Option<TestSources>,
    pub(crate) actions: Vec<ReloadAction>,
    pub(crate) deadline: Option<Duration>,
    /// Whether the machine reports that it waits, has deferred, and has refused.
    pub(crate) status: [bool; 3],
}

/// All entries of a history, to the end, when every read guard is dropped and the machine is idle.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) start: TestSources,
    pub(crate) debounce: Duration,
    pub(crate) entries: Vec<TraceEntry>,
    /// The sources at the end.
    pub(crate) end: TestSources,
    /// The sources of the running configuration; `None` if it is the one from the start.
    pub(crate) running: Option<TestSources>,
}

impl Trace {
    pub(crate) fn of(history: &InputHistory) -> Self {
        let mut harness = ReloadHarness::new(history);
        history.steps.iter().for_each(|step| harness.run_step(*step));
        while harness.guards > 0 {
            harness.run_step(HistoryStep::DropGuard);
        }
        while let Some(next) = harness.next_event() {
            harness.advance_to(next);
        }
        harness.trace.end = harness.sources;
        harness.trace
    }
}

struct PendingRead {
    end: Duration,
    lost_files: LostFiles,
    read_time: ReadTime,
    at_start: TestSources,
}

struct ReloadHarness {
    now: Duration,
    machine: ReloadMachine,
    sources: TestSources,
    guards: usize,
    late_hints: Vec<Duration>,
    read_duration: (Duration, ReadTime),
    reading: Option<PendingRead>,
    /// The last reading whose result was not [`ReadResult::LostContent`].
    last_settled_read: TestSources,
    /// The last reading.
    last_read: TestSources,
    trace: Trace,
}

impl ReloadHarness {
    fn new(history: &InputHistory) -> Self {
        let debounce = at(history.debounce_ms);
        let machine = match history.start.check() {
            CheckResult::Valid(tree) => {
                ReloadMachine::running(FIRST_GENERATION, fingerprint(&tree), debounce)
            }
            CheckResult::Invalid(diagnostics) => {
                let tree = fingerprint(DEFAULTS);
                ReloadMachine::degraded(FIRST_GENERATION, tree, fingerprint(&diagnostics), debounce)
            }
        };
        let start = history.start;
        let trace = Trace { start, debounce, entries: Vec::new(), end: start, running: None };
        Self {
            now: Duration::ZERO,
            machine,
            sources: start,
            guards: 0,
            late_hints: Vec::new(),
            read_duration: (Duration::ZERO, ReadTime::AtEnd),
            reading: None,
            last_settled_read: start,
            last_read: start,
            trace,
        }
    }

    fn run_step(&mut self, step: HistoryStep) {
        match step {
            HistoryStep::Write { file, text, hint_after_ms } => {
                self.sources.files[file] = text;
                self.late_hints.push(self.now + at(hint_after_ms));
                self.advance_to(self.now);
            }
            HistoryStep::Rest(rest) => {
                self.sources.rest = rest;
                self.step(ReloadInput::Changed, None);
            }
            HistoryStep::Touch => self.step(ReloadInput::Changed, None),
            HistoryStep::Pass(milliseconds) => self.advance_to(self.now + at(milliseconds)),
            HistoryStep::PassToDeadline => {
                if let Some(deadline) = self.machine.next_deadline() {
                    self.advance_to(deadline);
                }
            }
            HistoryStep::FireLate(milliseconds) => {
                self.now += at(milliseconds);
                self.step(ReloadInput::Timer, None);
            }
            HistoryStep::TakeGuard => self.set_guards(self.guards + 1),
            HistoryStep::DropGuard if self.guards > 0 => self.set_guards(self.guards - 1),
            HistoryStep::DropGuard => {}
            HistoryStep::RequestReload => self.step(ReloadInput::Requested, None),
            HistoryStep::DebounceMs(milliseconds) => self.step(ReloadInput::Debounce(at(milliseconds)), None),
            HistoryStep::ReadDuration(milliseconds, read_time) => {
                self.read_duration = (at(milliseconds), read_time)
            }
            HistoryStep::Stop => self.step(ReloadInput::Stop, None),
        }
    }

    fn set_guards(&mut self, guards: usize) {
        self.guards = guards;
        self.step(ReloadInput::Busy(guards), None);
    }

    /// The time of the next hint, of the end of the reading or of the deadline, but not before now.
    fn next_event(&self) -> Option<Duration> {
        let hints = self.late_hints.iter().copied();
        let reading = self.reading.as_ref().map(|reading| reading.end);
        hints.chain(reading).chain(self.machine.next_deadline()).min().map(|event| event.max(self.now))
    }

    fn advance_to(&mut self, until: Duration) {
        while let Some(next) = self.next_event().filter(|next| *next <= until) {
            self.now = next;
            if let Some(index) = self.late_hints.iter().position(|hint| *hint <= next) {
                self.late_hints.remove(index);
                self.step(ReloadInput::Changed, None);
            } else if let Some(reading) = self.reading.take_if(|reading| reading.end <= next) {
                self.finish_reading(&reading);
            } else {
                self.step(ReloadInput::Timer, None);
            }
        }
        self.now = self.now.max(until);
    }

    fn finish_reading(&mut self, reading: &PendingRead) {
        let read_sources = match reading.read_time {
            ReadTime::AtStart => reading.at_start,
            ReadTime::AtEnd => self.sources,
            ReadTime::Split => {
                TestSources { files: [reading.at_start.files[0], self.sources.files[1]], ..self.sources }
            }
        };
        let (before, contents) = (self.last_settled_read.contents(), read_sources.contents());
        let is_new = contents.lost_content_since(&self.last_read.contents());
        self.last_read = read_sources;
        let is_postponed = match reading.lost_files {
            LostFiles::Wait | LostFiles::Probe => contents.lost_content_since(&before),
            LostFiles::WaitForNew => is_new,
            LostFiles::Accept => false,
        };
        let result = if is_postponed {
            ReadResult::LostContent { is_new }
        } else if reading.lost_files == LostFiles::Probe {
            ReadResult::ContentRestored
        } else if contents == before {
            ReadResult::Unchanged
        } else {
            let files_changed = contents.files_changed_since(&before).next().is_some();
            self.last_settled_read = read_sources;
            match read_sources.check() {
                CheckResult::Valid(tree) => ReadResult::Accepted { tree: fingerprint(&tree), files_changed },
                CheckResult::Invalid(diagnostics) => {
                    ReadResult::Refused { diagnostics: fingerprint(&diagnostics), files_changed }
                }
            }
        };
        self.step(ReloadInput::Read(result), Some(read_sources));
    }

    fn step(&mut self, input: ReloadInput, read_sources: Option<TestSources>) {
        assert!(self.trace.entries.len() < MAX_ENTRIES, "the machine is in an endless loop");
        let actions = self.machine.step(self.now, input);
        for action in &actions {
            match *action {
                ReloadAction::Read { lost_files } => {
                    assert!(self.reading.is_none(), "a reading begins before the previous one has ended");
                    let (duration, read_time) = self.read_duration;
                    let end = self.now + duration;
                    let at_start = self.sources;
                    self.reading = Some(PendingRead { end, lost_files, read_time, at_start });
                }
                ReloadAction::Publish { .. } => self.trace.running = Some(self.last_settled_read),
                ReloadAction::Emit(_) => {}
            }
        }
        let machine = &self.machine;
        self.trace.entries.push(TraceEntry {
            now: self.now,
            input,
            guards: self.guards,
            read_sources,
            actions,
            deadline: machine.next_deadline(),
            status: [machine.is_settling(), machine.is_deferred(), machine.is_refused()],
        });
    }
}
