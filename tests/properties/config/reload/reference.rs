//! The expected result of a history, by lists and tables: which events follow from which readings, and which readings
//! from which inputs.

use std::time::Duration;

use speckit_core::config::reload::{LostFiles, ReloadAction, ReloadEventKind, ReloadInput};

use super::world::{CheckResult, DEFAULTS, FIRST_GENERATION, TestSources, Trace, TraceEntry, at};

const LOST_CONTENT_TIMEOUT: Duration = at(2000);
/// What passes from one unsettled reading to the next.
const PAUSES_MS: [u64; 5] = [50, 100, 200, 400, 500];

/// A reading that was finished.
#[derive(Clone, Debug)]
pub(crate) struct FinishedRead {
    /// The entries of its request and its answer.
    pub(crate) began: usize,
    pub(crate) ended: usize,
    pub(crate) lost_files: LostFiles,
    pub(crate) read_sources: TestSources,
    pub(crate) guards: usize,
    /// Whether it counts: no file lost its content, or the read did not wait.
    pub(crate) counts: bool,
    /// Whether it only looked, and every file had its content again.
    pub(crate) has_returned: bool,
    /// Whether a file had content at the reading before and has none now.
    pub(crate) has_new_loss: bool,
    /// What it led to, but for a further reading.
    pub(crate) led_to: Vec<ReloadAction>,
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
    let (mut counted, mut before) = (trace.start, trace.start);
    for (index, entry) in trace.entries.iter().enumerate() {
        if let Some(read_sources) = entry.read_sources {
            let (began, lost_files) = begun.take().expect("only what began is finished");
            let is_any_lost = |before: &TestSources| (0..2).any(|file| is_lost(before, &read_sources, file));
            let has_new_loss = is_any_lost(&before);
            let counts = match lost_files {
                LostFiles::Wait => !is_any_lost(&counted),
                LostFiles::Probe => false,
                LostFiles::WaitForNew => !has_new_loss,
                LostFiles::Accept => true,
            };
            let has_returned = lost_files == LostFiles::Probe && !is_any_lost(&counted);
            before = read_sources;
            if counts {
                counted = read_sources;
            }
            let led_to = entry.actions.iter().copied().filter(|action| !is_reading(action)).collect();
            let guards = entry.guards;
            readings.push(FinishedRead {
                began,
                ended: index,
                lost_files,
                read_sources,
                guards,
                counts,
                has_returned,
                has_new_loss,
                led_to,
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

/// What subscribers have to know of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Knowledge {
    InForce(String),
    Refused(String),
    Waits(String),
}

/// What one reading has to lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedOutcome {
    pub(crate) actions: Vec<ReloadAction>,
    /// Whether what was read last is good and not yet in force.
    pub(crate) waits: bool,
    /// Whether subscribers know that something waits.
    pub(crate) is_deferred: bool,
    pub(crate) is_refused: bool,
}

/// What each reading has to lead to, if nothing is stopped.
pub(crate) fn outcomes(start: &TestSources, readings: &[FinishedRead]) -> Vec<ExpectedOutcome> {
    let (first_tree, mut known) = match start.check() {
        CheckResult::Good(tree) => (tree.clone(), Knowledge::InForce(tree)),
        CheckResult::Bad(diagnostics) => (DEFAULTS.to_string(), Knowledge::Refused(diagnostics)),
    };
    let mut published = vec![first_tree];
    let mut before = *start;
    let mut waits = false;
    let mut outcomes = Vec::new();
    for reading in readings {
        let mut actions = Vec::new();
        if reading.counts {
            let is_in_force = |tree: &String| published.last() == Some(tree);
            let now_known = match reading.read_sources.check() {
                CheckResult::Bad(diagnostics) => Knowledge::Refused(diagnostics),
                CheckResult::Good(tree) if reading.guards == 0 => Knowledge::InForce(tree),
                CheckResult::Good(tree)
                    if is_in_force(&tree) && known == Knowledge::InForce(tree.clone()) =>
                {
                    Knowledge::InForce(tree)
                }
                CheckResult::Good(tree) => Knowledge::Waits(tree),
            };
            let is_other = reading.read_sources != before;
            let is_good = matches!(reading.read_sources.check(), CheckResult::Good(_));
            let publishes = is_good && reading.guards == 0 && (is_other || waits);
            waits = is_good && !publishes && (is_other || waits);
            before = TestSources { rest: reading.read_sources.rest, ..before };
            let is_in_files = reading.read_sources != before;
            before = reading.read_sources;
            actions = notices(&known, &now_known, is_in_files, reading.guards);
            if let (true, CheckResult::Good(tree)) = (publishes, reading.read_sources.check()) {
                published.push(tree);
                let place = actions.len() - usize::from(known != now_known);
                actions.insert(place, ReloadAction::Publish { generation: generation(&published) });
            }
            known = now_known;
        }
        let is_refused = matches!(known, Knowledge::Refused(_));
        let is_deferred = matches!(known, Knowledge::Waits(_));
        outcomes.push(ExpectedOutcome { actions, waits, is_deferred, is_refused });
    }
    outcomes
}

/// What is emitted when one thing was known and now the other is.
fn notices(before: &Knowledge, now: &Knowledge, is_in_files: bool, busy: usize) -> Vec<ReloadAction> {
    let (changed, outcome) = match (before, now) {
        (before, now) if before == now => (false, None),
        (Knowledge::Waits(one), Knowledge::InForce(other)) => (one != other, Some(ReloadEventKind::Success)),
        (_, Knowledge::InForce(_)) => (true, Some(ReloadEventKind::Success)),
        (_, Knowledge::Refused(_)) => (true, Some(ReloadEventKind::Failed)),
        (Knowledge::Waits(_), Knowledge::Waits(_)) => (true, None),
        (_, Knowledge::Waits(_)) => (true, Some(ReloadEventKind::Deferred { busy })),
    };
    let changed = (changed && is_in_files).then_some(ReloadEventKind::FileChanged);
    changed.into_iter().chain(outcome).map(ReloadAction::Emit).collect()
}

/// The number of the last of these trees.
fn generation(published: &[String]) -> u64 {
    let changes = published.windows(2).filter(|pair| pair[0] != pair[1]).count();
    FIRST_GENERATION + changes as u64
}

/// Whether a reading has to begin at a entry, and how patient it is; and when the next one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedRead {
    pub(crate) reading: Option<LostFiles>,
    pub(crate) deadline: Option<Duration>,
    /// Whether changes or a lost file are waited for.
    pub(crate) is_waiting: bool,
}

/// What is due at each entry.
pub(crate) fn due(trace: &Trace) -> Vec<ExpectedRead> {
    let readings = readings(trace);
    let outcomes = outcomes(&trace.start, &readings);
    let finished = |index| readings.iter().position(|reading| reading.ended == index);
    let (mut debounce, mut is_asked, mut is_reading, mut is_stopped) = (trace.debounce, false, false, false);
    let (mut hints, mut unsettled) = (Vec::new(), Vec::new());
    let mut waits = false;
    let mut all = Vec::new();
    for (index, TraceEntry { now, input, guards, .. }) in trace.entries.iter().enumerate() {
        match input {
            ReloadInput::Changed => hints.push(*now),
            ReloadInput::Requested => is_asked = true,
            ReloadInput::Debounce(other) => debounce = *other,
            ReloadInput::Stop => is_stopped = true,
            ReloadInput::Read(_) => is_reading = false,
            ReloadInput::Timer | ReloadInput::Busy(_) => {}
        }
        if let Some(reading) = finished(index).filter(|_| !is_stopped) {
            waits = outcomes[reading].waits;
            let FinishedRead { counts, has_returned, has_new_loss, .. } = readings[reading];
            if counts || has_returned || has_new_loss {
                unsettled.clear();
            }
            if has_returned && hints.is_empty() {
                hints.push(*now);
            } else if !counts && !has_returned {
                unsettled.push(*now);
            }
        }
        let ripe = |hints: &[Duration]| {
            let (first, last) = (hints.first()?, hints.last()?);
            Some((*last + debounce).min(*first + debounce * 10))
        };
        let retry = |unsettled: &[Duration]| {
            let pause = PAUSES_MS[unsettled.len().clamp(1, PAUSES_MS.len()) - 1];
            Some((*unsettled.last()? + at(pause)).min(*unsettled.first()? + LOST_CONTENT_TIMEOUT))
        };
        let is_past = |time: Option<Duration>| time.is_some_and(|time| time <= *now);
        let is_freed = waits && *guards == 0 && unsettled.is_empty() && hints.is_empty();
        let is_retry = is_past(retry(&unsettled)) && hints.is_empty();
        let mut reading = None;
        if is_reading || is_stopped {
        } else if is_asked {
            reading = Some(LostFiles::Accept);
            is_asked = false;
            unsettled.clear();
        } else if is_past(ripe(&hints)) || is_retry || is_freed {
            let is_over = unsettled.first().is_some_and(|first| *first + LOST_CONTENT_TIMEOUT <= *now);
            reading = Some(match (is_over, is_retry) {
                (true, _) => LostFiles::WaitForNew,
                (false, true) => LostFiles::Probe,
                (false, false) => LostFiles::Wait,
            });
            if is_past(ripe(&hints)) {
                hints.clear();
            }
        }
        is_reading |= reading.is_some();
        let next = ripe(&hints).or(retry(&unsettled));
        let deadline = next.filter(|_| !is_reading && !is_stopped);
        let is_waiting = !hints.is_empty() || !unsettled.is_empty();
        all.push(ExpectedRead { reading, deadline, is_waiting });
    }
    all
}
