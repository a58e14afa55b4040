//! A small world around the reload machine: two files, a source that is no file, a clock, guards, and a shell that
//! does what it is told.

use std::time::Duration;

use speckit_core::Fingerprint;
use speckit_core::config::reload::{Action, Content, Contents, Input, Load, Machine, Patience};

/// More inputs than any history needs: a machine that takes so many runs in a circle.
const MOST_MOMENTS: usize = 20_000;

/// The number of the configuration that runs at the beginning.
pub(crate) const FIRST_GENERATION: u64 = 7;

/// The tree that stands in for a refused beginning; files can say it too.
pub(crate) const DEFAULTS: &str = "rest 0, first 0";

/// What a file holds. Comments change bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Good { tree: u8, comment: u8 },
    Bad { fault: u8, comment: u8 },
    Empty,
    Missing,
}

impl Text {
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
pub(crate) struct Sources {
    pub(crate) files: [Text; 2],
    /// What is said by no file.
    pub(crate) rest: u8,
}

/// What the rules say of some sources: the tree, or the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good(String),
    Bad(String),
}

impl Sources {
    /// An empty file says nothing; the first one has to be there, the second need not.
    pub(crate) fn verdict(&self) -> Verdict {
        let mut findings = String::new();
        let mut tree = format!("rest {}", self.rest);
        for (name, text) in ["first", "second"].into_iter().zip(self.files) {
            match text {
                Text::Good { tree: number, .. } => tree += &format!(", {name} {number}"),
                Text::Bad { fault, .. } => findings += &format!("{name}: fault {fault}. "),
                Text::Missing if name == "first" => findings += "first: there is none. ",
                Text::Empty | Text::Missing => {}
            }
        }
        if findings.is_empty() { Verdict::Good(tree) } else { Verdict::Bad(findings) }
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
pub(crate) enum Look {
    AtBeginning,
    AtEnd,
    /// At the first file at its beginning, and at all else at its end.
    Torn,
}

/// What happens in a history.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A file changes, and its hint comes so many milliseconds later.
    Write {
        file: usize,
        text: Text,
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
    Ask,
    QuietMs(u64),
    /// Readings that begin from now on take so many milliseconds.
    ReadingsTake(u64, Look),
    Stop,
}

/// A beginning and what happens then.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) start: Sources,
    pub(crate) quiet_ms: u64,
    pub(crate) steps: Vec<Step>,
}

/// One input and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    pub(crate) now: Duration,
    pub(crate) input: Input,
    /// How many guards there are.
    pub(crate) guards: usize,
    /// What was seen by the reading that is finished here.
    pub(crate) seen: Option<Sources>,
    pub(crate) actions: Vec<Action>,
    pub(crate) deadline: Option<Duration>,
    /// What the machine says of itself: that it waits, has deferred, and has refused.
    pub(crate) status: [bool; 3],
}

/// A whole history as it came to pass, to the end, when every guard is dropped and all is quiet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) start: Sources,
    pub(crate) quiet: Duration,
    pub(crate) moments: Vec<Moment>,
    /// What the sources say in the end.
    pub(crate) end: Sources,
    /// The sources that the running configuration was read from; `None` for the one of the beginning.
    pub(crate) running: Option<Sources>,
}

impl Trace {
    pub(crate) fn of(history: &History) -> Self {
        let mut world = World::new(history);
        history.steps.iter().for_each(|step| world.take(*step));
        while world.guards > 0 {
            world.take(Step::DropGuard);
        }
        while let Some(next) = world.next_event() {
            world.pass(next);
        }
        world.trace.end = world.sources;
        world.trace
    }
}

struct Reading {
    end: Duration,
    patience: Patience,
    look: Look,
    at_beginning: Sources,
}

struct World {
    now: Duration,
    machine: Machine,
    sources: Sources,
    guards: usize,
    late_hints: Vec<Duration>,
    readings_take: (Duration, Look),
    reading: Option<Reading>,
    /// The last reading that was not answered by [`Load::Unsettled`].
    read_last: Sources,
    /// The last reading.
    seen_last: Sources,
    trace: Trace,
}

impl World {
    fn new(history: &History) -> Self {
        let quiet = at(history.quiet_ms);
        let machine = match history.start.verdict() {
            Verdict::Good(tree) => Machine::running(FIRST_GENERATION, fingerprint(&tree), quiet),
            Verdict::Bad(findings) => {
                let tree = fingerprint(DEFAULTS);
                Machine::degraded(FIRST_GENERATION, tree, fingerprint(&findings), quiet)
            }
        };
        let start = history.start;
        let trace = Trace { start, quiet, moments: Vec::new(), end: start, running: None };
        Self {
            now: Duration::ZERO,
            machine,
            sources: start,
            guards: 0,
            late_hints: Vec::new(),
            readings_take: (Duration::ZERO, Look::AtEnd),
            reading: None,
            read_last: start,
            seen_last: start,
            trace,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write { file, text, hint_after_ms } => {
                self.sources.files[file] = text;
                self.late_hints.push(self.now + at(hint_after_ms));
                self.pass(self.now);
            }
            Step::Rest(rest) => {
                self.sources.rest = rest;
                self.step(Input::Changed, None);
            }
            Step::Touch => self.step(Input::Changed, None),
            Step::Pass(milliseconds) => self.pass(self.now + at(milliseconds)),
            Step::PassToDeadline => {
                if let Some(deadline) = self.machine.next_deadline() {
                    self.pass(deadline);
                }
            }
            Step::Oversleep(milliseconds) => {
                self.now += at(milliseconds);
                self.step(Input::Timer, None);
            }
            Step::TakeGuard => self.guard(self.guards + 1),
            Step::DropGuard if self.guards > 0 => self.guard(self.guards - 1),
            Step::DropGuard => {}
            Step::Ask => self.step(Input::Asked, None),
            Step::QuietMs(milliseconds) => self.step(Input::Quiet(at(milliseconds)), None),
            Step::ReadingsTake(milliseconds, look) => self.readings_take = (at(milliseconds), look),
            Step::Stop => self.step(Input::Stop, None),
        }
    }

    fn guard(&mut self, guards: usize) {
        self.guards = guards;
        self.step(Input::Busy(guards), None);
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
                self.step(Input::Changed, None);
            } else if let Some(reading) = self.reading.take_if(|reading| reading.end <= next) {
                self.finish(&reading);
            } else {
                self.step(Input::Timer, None);
            }
        }
        self.now = self.now.max(until);
    }

    fn finish(&mut self, reading: &Reading) {
        let seen = match reading.look {
            Look::AtBeginning => reading.at_beginning,
            Look::AtEnd => self.sources,
            Look::Torn => {
                Sources { files: [reading.at_beginning.files[0], self.sources.files[1]], ..self.sources }
            }
        };
        let (before, contents) = (self.read_last.contents(), seen.contents());
        let anew = contents.lost_content_since(&self.seen_last.contents());
        self.seen_last = seen;
        let is_unsettled = match reading.patience {
            Patience::Whole | Patience::Look => contents.lost_content_since(&before),
            Patience::NewLosses => anew,
            Patience::None => false,
        };
        let load = if is_unsettled {
            Load::Unsettled { anew }
        } else if reading.patience == Patience::Look {
            Load::Returned
        } else if contents == before {
            Load::Unchanged
        } else {
            let in_files = contents.files_changed_since(&before).next().is_some();
            self.read_last = seen;
            match seen.verdict() {
                Verdict::Good(tree) => Load::Accepted { tree: fingerprint(&tree), in_files },
                Verdict::Bad(findings) => Load::Refused { findings: fingerprint(&findings), in_files },
            }
        };
        self.step(Input::Loaded(load), Some(seen));
    }

    fn step(&mut self, input: Input, seen: Option<Sources>) {
        assert!(self.trace.moments.len() < MOST_MOMENTS, "the machine runs in a circle");
        let actions = self.machine.step(self.now, input);
        for action in &actions {
            match *action {
                Action::Read { patience } => {
                    assert!(self.reading.is_none(), "a reading is asked for while another is under way");
                    let (takes, look) = self.readings_take;
                    let end = self.now + takes;
                    let at_beginning = self.sources;
                    self.reading = Some(Reading { end, patience, look, at_beginning });
                }
                Action::Publish { .. } => self.trace.running = Some(self.read_last),
                Action::Tell(_) => {}
            }
        }
        let machine = &self.machine;
        self.trace.moments.push(Moment {
            now: self.now,
            input,
            guards: self.guards,
            seen,
            actions,
            deadline: machine.next_deadline(),
            status: [machine.is_waiting(), machine.is_deferred(), machine.is_refused()],
        });
    }
}
