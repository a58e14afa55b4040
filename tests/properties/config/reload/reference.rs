//! What a history has to come to, by lists and tables: which notices follow from which readings, and which readings
//! from which inputs.

use std::time::Duration;

use speckit_core::config::reload::{Action, Input, Notice, Patience};

use super::world::{DEFAULTS, FIRST_GENERATION, Moment, Sources, Trace, Verdict, at};

const SETTLING: Duration = at(2000);
/// What passes from one unsettled reading to the next.
const PAUSES_MS: [u64; 5] = [50, 100, 200, 400, 500];

/// A reading that was finished.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The moments at which it was asked for and answered.
    pub(crate) began: usize,
    pub(crate) ended: usize,
    pub(crate) patience: Patience,
    pub(crate) saw: Sources,
    pub(crate) guards: usize,
    /// Whether it counts: no file lost its content, or nobody was patient.
    pub(crate) counts: bool,
    /// Whether it only looked, and every file had its content again.
    pub(crate) has_returned: bool,
    /// Whether a file had content at the reading before and has none now.
    pub(crate) has_new_loss: bool,
    /// What it led to, but for a further reading.
    pub(crate) led_to: Vec<Action>,
}

fn is_reading(action: &Action) -> bool {
    matches!(action, Action::Read { .. })
}

/// Whether a file had bytes before and has none now.
pub(crate) fn is_lost(before: &Sources, now: &Sources, file: usize) -> bool {
    before.files[file].has_bytes() && !now.files[file].has_bytes()
}

/// Every finished reading, in order.
pub(crate) fn readings(trace: &Trace) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    let mut begun = None;
    let (mut counted, mut before) = (trace.start, trace.start);
    for (index, moment) in trace.moments.iter().enumerate() {
        if let Some(saw) = moment.seen {
            let (began, patience) = begun.take().expect("only what began is finished");
            let is_any_lost = |before: &Sources| (0..2).any(|file| is_lost(before, &saw, file));
            let has_new_loss = is_any_lost(&before);
            let counts = match patience {
                Patience::Whole => !is_any_lost(&counted),
                Patience::Look => false,
                Patience::NewLosses => !has_new_loss,
                Patience::None => true,
            };
            let has_returned = patience == Patience::Look && !is_any_lost(&counted);
            before = saw;
            if counts {
                counted = saw;
            }
            let led_to = moment.actions.iter().copied().filter(|action| !is_reading(action)).collect();
            let guards = moment.guards;
            readings.push(Reading {
                began,
                ended: index,
                patience,
                saw,
                guards,
                counts,
                has_returned,
                has_new_loss,
                led_to,
            });
        }
        if let Some(Action::Read { patience }) = moment.actions.iter().find(|action| is_reading(action)) {
            begun = Some((index, *patience));
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
pub(crate) struct Outcome {
    pub(crate) actions: Vec<Action>,
    /// Whether what was read last is good and not yet in force.
    pub(crate) waits: bool,
    /// Whether subscribers know that something waits.
    pub(crate) is_deferred: bool,
    pub(crate) is_refused: bool,
}

/// What each reading has to lead to, if nothing is stopped.
pub(crate) fn outcomes(start: &Sources, readings: &[Reading]) -> Vec<Outcome> {
    let (first_tree, mut known) = match start.verdict() {
        Verdict::Good(tree) => (tree.clone(), Knowledge::InForce(tree)),
        Verdict::Bad(findings) => (DEFAULTS.to_string(), Knowledge::Refused(findings)),
    };
    let mut published = vec![first_tree];
    let mut before = *start;
    let mut waits = false;
    let mut outcomes = Vec::new();
    for reading in readings {
        let mut actions = Vec::new();
        if reading.counts {
            let is_in_force = |tree: &String| published.last() == Some(tree);
            let now_known = match reading.saw.verdict() {
                Verdict::Bad(findings) => Knowledge::Refused(findings),
                Verdict::Good(tree) if reading.guards == 0 => Knowledge::InForce(tree),
                Verdict::Good(tree) if is_in_force(&tree) && known == Knowledge::InForce(tree.clone()) => {
                    Knowledge::InForce(tree)
                }
                Verdict::Good(tree) => Knowledge::Waits(tree),
            };
            let is_other = reading.saw != before;
            let is_good = matches!(reading.saw.verdict(), Verdict::Good(_));
            let publishes = is_good && reading.guards == 0 && (is_other || waits);
            waits = is_good && !publishes && (is_other || waits);
            before = Sources { rest: reading.saw.rest, ..before };
            let is_in_files = reading.saw != before;
            before = reading.saw;
            actions = notices(&known, &now_known, is_in_files, reading.guards);
            if let (true, Verdict::Good(tree)) = (publishes, reading.saw.verdict()) {
                published.push(tree);
                let place = actions.len() - usize::from(known != now_known);
                actions.insert(place, Action::Publish { generation: generation(&published) });
            }
            known = now_known;
        }
        let is_refused = matches!(known, Knowledge::Refused(_));
        let is_deferred = matches!(known, Knowledge::Waits(_));
        outcomes.push(Outcome { actions, waits, is_deferred, is_refused });
    }
    outcomes
}

/// What is told when one thing was known and now the other is.
fn notices(before: &Knowledge, now: &Knowledge, is_in_files: bool, busy: usize) -> Vec<Action> {
    let (changed, outcome) = match (before, now) {
        (before, now) if before == now => (false, None),
        (Knowledge::Waits(one), Knowledge::InForce(other)) => (one != other, Some(Notice::Success)),
        (_, Knowledge::InForce(_)) => (true, Some(Notice::Success)),
        (_, Knowledge::Refused(_)) => (true, Some(Notice::Failed)),
        (Knowledge::Waits(_), Knowledge::Waits(_)) => (true, None),
        (_, Knowledge::Waits(_)) => (true, Some(Notice::Deferred { busy })),
    };
    let changed = (changed && is_in_files).then_some(Notice::FileChanged);
    changed.into_iter().chain(outcome).map(Action::Tell).collect()
}

/// The number of the last of these trees.
fn generation(published: &[String]) -> u64 {
    let changes = published.windows(2).filter(|pair| pair[0] != pair[1]).count();
    FIRST_GENERATION + changes as u64
}

/// Whether a reading has to begin at a moment, and how patient it is; and when the next one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) reading: Option<Patience>,
    pub(crate) deadline: Option<Duration>,
    /// Whether changes or a lost file are waited for.
    pub(crate) is_waiting: bool,
}

/// What is due at each moment.
pub(crate) fn due(trace: &Trace) -> Vec<Due> {
    let readings = readings(trace);
    let outcomes = outcomes(&trace.start, &readings);
    let finished = |index| readings.iter().position(|reading| reading.ended == index);
    let (mut quiet, mut is_asked, mut is_reading, mut is_stopped) = (trace.quiet, false, false, false);
    let (mut hints, mut unsettled) = (Vec::new(), Vec::new());
    let mut waits = false;
    let mut all = Vec::new();
    for (index, Moment { now, input, guards, .. }) in trace.moments.iter().enumerate() {
        match input {
            Input::Changed => hints.push(*now),
            Input::Asked => is_asked = true,
            Input::Quiet(other) => quiet = *other,
            Input::Stop => is_stopped = true,
            Input::Loaded(_) => is_reading = false,
            Input::Timer | Input::Busy(_) => {}
        }
        if let Some(reading) = finished(index).filter(|_| !is_stopped) {
            waits = outcomes[reading].waits;
            let Reading { counts, has_returned, has_new_loss, .. } = readings[reading];
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
            Some((*last + quiet).min(*first + quiet * 10))
        };
        let retry = |unsettled: &[Duration]| {
            let pause = PAUSES_MS[unsettled.len().clamp(1, PAUSES_MS.len()) - 1];
            Some((*unsettled.last()? + at(pause)).min(*unsettled.first()? + SETTLING))
        };
        let is_past = |time: Option<Duration>| time.is_some_and(|time| time <= *now);
        let is_freed = waits && *guards == 0 && unsettled.is_empty() && hints.is_empty();
        let is_retry = is_past(retry(&unsettled)) && hints.is_empty();
        let mut reading = None;
        if is_reading || is_stopped {
        } else if is_asked {
            reading = Some(Patience::None);
            is_asked = false;
            unsettled.clear();
        } else if is_past(ripe(&hints)) || is_retry || is_freed {
            let is_over = unsettled.first().is_some_and(|first| *first + SETTLING <= *now);
            reading = Some(match (is_over, is_retry) {
                (true, _) => Patience::NewLosses,
                (false, true) => Patience::Look,
                (false, false) => Patience::Whole,
            });
            if is_past(ripe(&hints)) {
                hints.clear();
            }
        }
        is_reading |= reading.is_some();
        let next = ripe(&hints).or(retry(&unsettled));
        let deadline = next.filter(|_| !is_reading && !is_stopped);
        let is_waiting = !hints.is_empty() || !unsettled.is_empty();
        all.push(Due { reading, deadline, is_waiting });
    }
    all
}
