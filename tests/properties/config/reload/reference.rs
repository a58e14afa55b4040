//! The reference for a history: the expected events of each reading, and the expected readings after each input.

use std::time::Duration;

use speckit_core::config::reload::{LostFiles, ReloadAction, ReloadEventKind, ReloadInput};

use super::world::{CheckResult, DEFAULTS, FIRST_GENERATION, TestSources, Trace, TraceEntry, at};

const LOST_CONTENT_TIMEOUT: Duration = at(2000);
/// The pauses between postponed readings.
const PAUSES_MS: [u64; 5] = [50, 100, 200, 400, 500];

/// A reading that was finished.
#[derive(Clone, Debug)]
pub(crate) struct FinishedRead {
    /// The entries of its start and of its result.
    pub(crate) began: usize,
    pub(crate) ended: usize,
    pub(crate) lost_files: LostFiles,
    pub(crate) read_sources: TestSources,
    pub(crate) guards: usize,
    /// Whether the reading was accepted: no file had lost its content, or the reading did not wait for lost files.
    pub(crate) is_accepted: bool,
    /// Whether the reading was a probe, and every file had its content again.
    pub(crate) has_returned: bool,
    /// Whether a file had content in the previous reading and has none now.
    pub(crate) has_new_loss: bool,
    /// The resulting actions except for a further reading.
    pub(crate) actions: Vec<ReloadAction>,
}

fn is_reading(action: &ReloadAction) -> bool {
    matches!(action, ReloadAction::Read { .. })
}

/// Whether a file had bytes before and has none now.
pub(crate) fn is_lost(before: &TestSources, now: &TestSources, file: usize) -> bool {
    before.files[file].has_bytes() && !now.files[file].has_bytes()
}

/// Every finished reading, in order.
pub(crate) fn readings(trace: &Trace) -> Vec<FinishedRead> {
    let mut readings: Vec<FinishedRead> = Vec::new();
    let mut begun = None;
    let (mut accepted, mut before) = (trace.start, trace.start);
    for (index, entry) in trace.entries.iter().enumerate() {
        if let Some(read_sources) = entry.read_sources {
            let (began, lost_files) = begun.take().expect("a reading begins before it ends");
            let is_any_lost = |before: &TestSources| (0..2).any(|file| is_lost(before, &read_sources, file));
            let has_new_loss = is_any_lost(&before);
            let is_accepted = match lost_files {
                LostFiles::Wait => !is_any_lost(&accepted),
                LostFiles::Probe => false,
                LostFiles::WaitForNew => !has_new_loss,
                LostFiles::Accept => true,
            };
            let has_returned = lost_files == LostFiles::Probe && !is_any_lost(&accepted);
            before = read_sources;
            if is_accepted {
                accepted = read_sources;
            }
            let actions = entry.actions.iter().copied().filter(|action| !is_reading(action)).collect();
            let guards = entry.guards;
            readings.push(FinishedRead {
                began,
                ended: index,
                lost_files,
                read_sources,
                guards,
                is_accepted,
                has_returned,
                has_new_loss,
                actions,
            });
        }
        if let Some(ReloadAction::Read { lost_files }) =
            entry.actions.iter().find(|action| is_reading(action))
        {
            begun = Some((index, *lost_files));
        }
    }
    readings
}

/// The state that the events must have reported to subscribers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ReportedState {
    InUse(String),
    Refused(String),
    Deferred(String),
}

/// The expected outcome of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedOutcome {
    pub(crate) actions: Vec<ReloadAction>,
    /// Whether the last reading is valid but not in use yet.
    pub(crate) is_waiting_for_guard: bool,
    /// Whether a deferral was reported.
    pub(crate) is_deferred: bool,
    pub(crate) is_refused: bool,
}

/// The expected outcome of each reading, without a stop.
pub(crate) fn outcomes(start: &TestSources, readings: &[FinishedRead]) -> Vec<ExpectedOutcome> {
    let (first_tree, mut reported) = match start.check() {
        CheckResult::Valid(tree) => (tree.clone(), ReportedState::InUse(tree)),
        CheckResult::Invalid(diagnostics) => (DEFAULTS.to_string(), ReportedState::Refused(diagnostics)),
    };
    let mut published = vec![first_tree];
    let mut before = *start;
    let mut is_waiting_for_guard = false;
    let mut outcomes = Vec::new();
    for reading in readings {
        let mut actions = Vec::new();
        if reading.is_accepted {
            let is_in_use = |tree: &String| published.last() == Some(tree);
            let now_reported = match reading.read_sources.check() {
                CheckResult::Invalid(diagnostics) => ReportedState::Refused(diagnostics),
                CheckResult::Valid(tree) if reading.guards == 0 => ReportedState::InUse(tree),
                CheckResult::Valid(tree)
                    if is_in_use(&tree) && reported == ReportedState::InUse(tree.clone()) =>
                {
                    ReportedState::InUse(tree)
                }
                CheckResult::Valid(tree) => ReportedState::Deferred(tree),
            };
            let is_changed = reading.read_sources != before;
            let is_valid = matches!(reading.read_sources.check(), CheckResult::Valid(_));
            let publishes = is_valid && reading.guards == 0 && (is_changed || is_waiting_for_guard);
            is_waiting_for_guard = is_valid && !publishes && (is_changed || is_waiting_for_guard);
            before = TestSources { rest: reading.read_sources.rest, ..before };
            let is_in_files = reading.read_sources != before;
            before = reading.read_sources;
            actions = expected_events(&reported, &now_reported, is_in_files, reading.guards);
            if let (true, CheckResult::Valid(tree)) = (publishes, reading.read_sources.check()) {
                published.push(tree);
                let place = actions.len() - usize::from(reported != now_reported);
                actions.insert(place, ReloadAction::Publish { generation: generation(&published) });
            }
            reported = now_reported;
        }
        let is_refused = matches!(reported, ReportedState::Refused(_));
        let is_deferred = matches!(reported, ReportedState::Deferred(_));
        outcomes.push(ExpectedOutcome { actions, is_waiting_for_guard, is_deferred, is_refused });
    }
    outcomes
}

/// The events for a change from one reported state to another.
fn expected_events(
    before: &ReportedState,
    now: &ReportedState,
    is_in_files: bool,
    busy: usize,
) -> Vec<ReloadAction> {
    let (changed, outcome) = match (before, now) {
        (before, now) if before == now => (false, None),
        (ReportedState::Deferred(one), ReportedState::InUse(other)) => {
            (one != other, Some(ReloadEventKind::Success))
        }
        (_, ReportedState::InUse(_)) => (true, Some(ReloadEventKind::Success)),
        (_, ReportedState::Refused(_)) => (true, Some(ReloadEventKind::Failed)),
        (ReportedState::Deferred(_), ReportedState::Deferred(_)) => (true, None),
        (_, ReportedState::Deferred(_)) => (true, Some(ReloadEventKind::Deferred { busy })),
    };
    let changed = (changed && is_in_files).then_some(ReloadEventKind::FileChanged);
    changed.into_iter().chain(outcome).map(ReloadAction::Emit).collect()
}

/// The number of the last generation after these published trees.
fn generation(published: &[String]) -> u64 {
    let changes = published.windows(2).filter(|pair| pair[0] != pair[1]).count();
    FIRST_GENERATION + changes as u64
}

/// Whether a reading must begin at an entry and with which policy, and when the next one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedRead {
    pub(crate) reading: Option<LostFiles>,
    pub(crate) deadline: Option<Duration>,
    /// Whether the machine waits after a change or for a lost file.
    pub(crate) is_waiting: bool,
}

/// The expected reading at each entry.
pub(crate) fn expected_reads(trace: &Trace) -> Vec<ExpectedRead> {
    let readings = readings(trace);
    let outcomes = outcomes(&trace.start, &readings);
    let finished = |index| readings.iter().position(|reading| reading.ended == index);
    let (mut debounce, mut is_requested, mut is_reading, mut is_stopped) =
        (trace.debounce, false, false, false);
    let (mut hints, mut postponed) = (Vec::new(), Vec::new());
    let mut is_waiting_for_guard = false;
    let mut all = Vec::new();
    for (index, TraceEntry { now, input, guards, .. }) in trace.entries.iter().enumerate() {
        match input {
            ReloadInput::Changed => hints.push(*now),
            ReloadInput::Requested => is_requested = true,
            ReloadInput::Debounce(other) => debounce = *other,
            ReloadInput::Stop => is_stopped = true,
            ReloadInput::Read(_) => is_reading = false,
            ReloadInput::Timer | ReloadInput::Busy(_) => {}
        }
        if let Some(reading) = finished(index).filter(|_| !is_stopped) {
            is_waiting_for_guard = outcomes[reading].is_waiting_for_guard;
            let FinishedRead { is_accepted, has_returned, has_new_loss, .. } = readings[reading];
            if is_accepted || has_returned || has_new_loss {
                postponed.clear();
            }
            if has_returned && hints.is_empty() {
                hints.push(*now);
            } else if !is_accepted && !has_returned {
                postponed.push(*now);
            }
        }
        let quiet_end = |hints: &[Duration]| {
            let (first, last) = (hints.first()?, hints.last()?);
            Some((*last + debounce).min(*first + debounce * 10))
        };
        let next_retry = |postponed: &[Duration]| {
            let pause = PAUSES_MS[postponed.len().clamp(1, PAUSES_MS.len()) - 1];
            Some((*postponed.last()? + at(pause)).min(*postponed.first()? + LOST_CONTENT_TIMEOUT))
        };
        let is_past = |time: Option<Duration>| time.is_some_and(|time| time <= *now);
        let is_released = is_waiting_for_guard && *guards == 0 && postponed.is_empty() && hints.is_empty();
        let is_retry = is_past(next_retry(&postponed)) && hints.is_empty();
        let mut reading = None;
        if is_reading || is_stopped {
        } else if is_requested {
            reading = Some(LostFiles::Accept);
            is_requested = false;
            postponed.clear();
        } else if is_past(quiet_end(&hints)) || is_retry || is_released {
            let is_over = postponed.first().is_some_and(|first| *first + LOST_CONTENT_TIMEOUT <= *now);
            reading = Some(match (is_over, is_retry) {
                (true, _) => LostFiles::WaitForNew,
                (false, true) => LostFiles::Probe,
                (false, false) => LostFiles::Wait,
            });
            if is_past(quiet_end(&hints)) {
                hints.clear();
            }
        }
        is_reading |= reading.is_some();
        let next = quiet_end(&hints).or(next_retry(&postponed));
        let deadline = next.filter(|_| !is_reading && !is_stopped);
        let is_waiting = !hints.is_empty() || !postponed.is_empty();
        all.push(ExpectedRead { reading, deadline, is_waiting });
    }
    all
}
