//! A small world around the reload machine: two files, a source that is not a file, a clock, guards, and a shell that
//! performs the actions.

use std::time::Duration;

use speckit_core::Fingerprint;
use speckit_core::config::reload::{
    Content, Contents, LostFiles, ReadResult, ReloadAction, ReloadInput, ReloadMachine,
};

/// More inputs than any history needs: a machine that takes so many runs in a circle.
const MAX_ENTRIES: usize = 20_000;

/// The number of the configuration that runs at the beginning.
pub(crate) const FIRST_GENERATION: u64 = 7;

/// The fallback tree for a refused start; files can contain it too.
pub(crate) const DEFAULTS: &str = "rest 0, first 0";

/// What a file holds. Comments change bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileText {
    Good { tree: u8, comment: u8 },
    Bad { fault: u8, comment: u8 },
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
            Self::Good { .. } | Self::Bad { .. } => Content::of(format!("{self:?}").as_bytes()),
        }
    }
}

/// All that a configuration is made of, at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestSources {
    pub(crate) files: [FileText; 2],
    /// The settings of no file.
    pub(crate) rest: u8,
}

/// What the rules say of some sources: the tree, or the diagnostics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    Good(String),
    Bad(String),
}

impl TestSources {
    /// An empty file says nothing; the first one has to be there, the second need not.
    pub(crate) fn check(&self) -> CheckResult {
        let mut diagnostics = String::new();
        let mut tree = format!("rest {}", self.rest);
        for (name, text) in ["first", "second"].into_iter().zip(self.files) {
            match text {
                FileText::Good { tree: number, .. } => tree += &format!(", {name} {number}"),
                FileText::Bad { fault, .. } => diagnostics += &format!("{name}: fault {fault}. "),
                FileText::Missing if name == "first" => diagnostics += "first: there is none. ",
                FileText::Empty | FileText::Missing => {}
            }
        }
        if diagnostics.is_empty() { CheckResult::Good(tree) } else { CheckResult::Bad(diagnostics) }
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

/// When a reading that takes time looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadTime {
    AtStart,
    AtEnd,
    /// At the first file at its beginning, and at all else at its end.
    Torn,
}

/// What happens in a history.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HistoryStep {
    /// A file changes, and its hint comes so many milliseconds later.
    Write {
        file: usize,
        text: FileText,
        hint_after_ms: u64,
    },
    /// What no file says changes, with a hint.
    Rest(u8),
    /// A hint without a change.
    Touch,
    /// So many milliseconds pass, and each timer rings in time.
    Pass(u64),
    PassToDeadline,
    /// So many milliseconds pass while the machine sleeps.
    Oversleep(u64),
    TakeGuard,
    DropGuard,
    RequestReload,
    DebounceMs(u64),
    /// Readings that begin from now on take so many milliseconds.
    ReadDuration(u64, ReadTime),
    Stop,
}

/// A beginning and what happens then.
#[derive(Clone, Debug)]
pub(crate) struct InputHistory {
    pub(crate) start: TestSources,
    pub(crate) debounce_ms: u64,
    pub(crate) steps: Vec<HistoryStep>,
}

/// One input and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TraceEntry {
    pub(crate) now: Duration,
    pub(crate) input: ReloadInput,
    /// How many guards there are.
    pub(crate) guards: usize,
    /// The sources that the finished read returned.
    pub(crate) read_sources: Option<TestSources>,
    pub(crate) actions: Vec<ReloadAction>,
    pub(crate) deadline: Option<Duration>,
    /// What the machine says of itself: that it waits, has deferred, and has refused.
    pub(crate) status: [bool; 3],
}

/// A whole history as it came to pass, to the end, when every guard is dropped and all is debounce.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) start: TestSources,
    pub(crate) debounce: Duration,
    pub(crate) entries: Vec<TraceEntry>,
    /// What the sources say in the end.
    pub(crate) end: TestSources,
    /// The sources that the running configuration was read from; `None` for the one of the beginning.
    pub(crate) running: Option<TestSources>,
}

impl Trace {
    pub(crate) fn of(history: &InputHistory) -> Self {
        let mut world = ReloadHarness::new(history);
        history.steps.iter().for_each(|step| world.take(*step));
        while world.guards > 0 {
            world.take(HistoryStep::DropGuard);
        }
        while let Some(next) = world.next_event() {
            world.pass(next);
        }
        world.trace.end = world.sources;
        world.trace
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
    /// The last reading that was not answered by [`ReadResult::LostContent`].
    last_settled_read: TestSources,
    /// The last reading.
    last_read: TestSources,
    trace: Trace,
}

impl ReloadHarness {
    fn new(history: &InputHistory) -> Self {
        let debounce = at(history.debounce_ms);
        let machine = match history.start.check() {
            CheckResult::Good(tree) => ReloadMachine::running(FIRST_GENERATION, fingerprint(&tree), debounce),
            CheckResult::Bad(diagnostics) => {
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

    fn take(&mut self, step: HistoryStep) {
        match step {
            HistoryStep::Write { file, text, hint_after_ms } => {
                self.sources.files[file] = text;
                self.late_hints.push(self.now + at(hint_after_ms));
                self.pass(self.now);
            }
            HistoryStep::Rest(rest) => {
                self.sources.rest = rest;
                self.step(ReloadInput::Changed, None);
            }
            HistoryStep::Touch => self.step(ReloadInput::Changed, None),
            HistoryStep::Pass(milliseconds) => self.pass(self.now + at(milliseconds)),
            HistoryStep::PassToDeadline => {
                if let Some(deadline) = self.machine.next_deadline() {
                    self.pass(deadline);
                }
            }
            HistoryStep::Oversleep(milliseconds) => {
                self.now += at(milliseconds);
                self.step(ReloadInput::Timer, None);
            }
            HistoryStep::TakeGuard => self.guard(self.guards + 1),
            HistoryStep::DropGuard if self.guards > 0 => self.guard(self.guards - 1),
            HistoryStep::DropGuard => {}
            HistoryStep::RequestReload => self.step(ReloadInput::Requested, None),
            HistoryStep::DebounceMs(milliseconds) => self.step(ReloadInput::Debounce(at(milliseconds)), None),
            HistoryStep::ReadDuration(milliseconds, read_time) => {
                self.read_duration = (at(milliseconds), read_time)
            }
            HistoryStep::Stop => self.step(ReloadInput::Stop, None),
        }
    }

    fn guard(&mut self, guards: usize) {
        self.guards = guards;
        self.step(ReloadInput::Busy(guards), None);
    }

    /// When something happens by itself; nothing happens before now.
    fn next_event(&self) -> Option<Duration> {
        let hints = self.late_hints.iter().copied();
        let reading = self.reading.as_ref().map(|reading| reading.end);
        hints.chain(reading).chain(self.machine.next_deadline()).min().map(|event| event.max(self.now))
    }

    fn pass(&mut self, until: Duration) {
        while let Some(next) = self.next_event().filter(|next| *next <= until) {
            self.now = next;
            if let Some(index) = self.late_hints.iter().position(|hint| *hint <= next) {
                self.late_hints.remove(index);
                self.step(ReloadInput::Changed, None);
            } else if let Some(reading) = self.reading.take_if(|reading| reading.end <= next) {
                self.finish(&reading);
            } else {
                self.step(ReloadInput::Timer, None);
            }
        }
        self.now = self.now.max(until);
    }

    fn finish(&mut self, reading: &PendingRead) {
        let read_sources = match reading.read_time {
            ReadTime::AtStart => reading.at_start,
            ReadTime::AtEnd => self.sources,
            ReadTime::Torn => {
                TestSources { files: [reading.at_start.files[0], self.sources.files[1]], ..self.sources }
            }
        };
        let (before, contents) = (self.last_settled_read.contents(), read_sources.contents());
        let is_new = contents.lost_content_since(&self.last_read.contents());
        self.last_read = read_sources;
        let is_unsettled = match reading.lost_files {
            LostFiles::Wait | LostFiles::Probe => contents.lost_content_since(&before),
            LostFiles::WaitForNew => is_new,
            LostFiles::Accept => false,
        };
        let load = if is_unsettled {
            ReadResult::LostContent { is_new }
        } else if reading.lost_files == LostFiles::Probe {
            ReadResult::ContentRestored
        } else if contents == before {
            ReadResult::Unchanged
        } else {
            let in_files = contents.files_changed_since(&before).next().is_some();
            self.last_settled_read = read_sources;
            match read_sources.check() {
                CheckResult::Good(tree) => ReadResult::Accepted { tree: fingerprint(&tree), in_files },
                CheckResult::Bad(diagnostics) => {
                    ReadResult::Refused { diagnostics: fingerprint(&diagnostics), in_files }
                }
            }
        };
        self.step(ReloadInput::Read(load), Some(read_sources));
    }

    fn step(&mut self, input: ReloadInput, read_sources: Option<TestSources>) {
        assert!(self.trace.entries.len() < MAX_ENTRIES, "the machine runs in a circle");
        let actions = self.machine.step(self.now, input);
        for action in &actions {
            match *action {
                ReloadAction::Read { lost_files } => {
                    assert!(self.reading.is_none(), "a reading is asked for while another is under way");
                    let (takes, read_time) = self.read_duration;
                    let end = self.now + takes;
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
            status: [machine.is_waiting(), machine.is_deferred(), machine.is_refused()],
        });
    }
}
