//! Who does what, and when: a seed becomes a plan. Each of them draws from a stream of its own.

use std::collections::BTreeSet;

use speckit_tests::fakes::Random;

use crate::config::program::{APP, BASE, CERTIFICATE, CONF_D, SCHEMA, SCHEMA_FILE, Setup, TOKEN_FILE};
use crate::config::steps::{FileChange, SimulationPlan, Step, Timed};
use crate::config::texts;
use saving::{drop_ins, editor, kubelet, mount, schemas};

mod saving;

/// The plan of a seed.
pub fn plan(seed: u64) -> SimulationPlan {
    let mut random = Random::stream(seed, "setup");
    let has_links = random.chance(40);
    let setup = Setup {
        seed,
        follows: random.chance(50),
        quiet_ms: random.pick(&[0, 50, 200, 500, 1000, 2000]),
        fallback: random.chance(30),
        has_schema_file: random.chance(25),
        required: random.chance(25),
        oversleeps_ms: random.pick(&[0, 0, 1, 30, 700]),
    };
    let before = before(&mut random, &setup, has_links);
    let mut diary = Diary { end: random.between(8_000..=30_000), steps: Vec::new() };
    let stream = |purpose: &str| Random::stream(seed, purpose);
    editor(&mut stream("editor"), &mut diary);
    drop_ins(&mut stream("drop-ins"), &mut diary);
    if setup.has_schema_file {
        schemas(&mut stream("schemas"), &mut diary);
    }
    if has_links {
        kubelet(&mut stream("kubelet"), &mut diary);
    }
    operator(&mut stream("operator"), &mut diary);
    interrupts(&mut stream("interrupts"), &mut diary);
    workers(&mut stream("workers"), &mut diary);
    readers(&mut stream("readers"), &mut diary);
    listeners(&mut stream("listeners"), &mut diary);
    system(&mut stream("system"), &mut diary);
    let mut steps = diary.steps;
    steps.sort_by_key(|timed| timed.at_ms);
    SimulationPlan { setup, before, steps }
}

/// Who has done what so far, in any order.
struct Diary {
    end: u64,
    steps: Vec<Timed>,
}

impl Diary {
    fn note(&mut self, at_ms: u64, step: Step) {
        self.steps.push(Timed { at_ms, step });
    }

    fn change(&mut self, at_ms: u64, change: FileChange) {
        self.note(at_ms, Step::Files(change));
    }

    /// Times with pauses between them, until the end.
    fn times(&self, random: &mut Random, pauses: std::ops::RangeInclusive<u64>) -> Vec<u64> {
        let mut times = Vec::new();
        let mut at = random.between(pauses.clone());
        while at < self.end {
            times.push(at);
            at += random.between(pauses.clone());
        }
        times
    }
}

fn write(path: impl Into<String>, text: impl Into<String>) -> FileChange {
    FileChange::Write { path: path.into(), text: text.into() }
}

fn before(random: &mut Random, setup: &Setup, has_links: bool) -> Vec<Step> {
    let mut changes =
        [CONF_D, "/run/secrets"].map(|path| FileChange::MakeFolder { path: path.into() }).to_vec();
    let app = match random.chance(if setup.fallback { 50 } else { 10 }) {
        true => texts::document(random),
        false => texts::good_document(random),
    };
    if has_links {
        changes.extend(mount(0, app));
        changes.push(FileChange::Link { path: APP.into(), target: "..data/app.toml".into() });
    } else if setup.required || random.chance(70) {
        changes.push(write(APP, app));
    }
    if random.chance(50) {
        changes.push(write(BASE, texts::good_document(random)));
    }
    if random.chance(50) {
        changes.push(write(format!("{CONF_D}/10-a.toml"), "low = 6\n"));
    }
    if random.chance(50) {
        changes.push(write(CERTIFICATE, "valid"));
    }
    changes.push(write(TOKEN_FILE, "hunter-of-a-file\n"));
    if setup.has_schema_file {
        changes.push(write(SCHEMA_FILE, SCHEMA));
    }
    let mut steps: Vec<Step> = changes.into_iter().map(Step::Files).collect();
    let mut set = |name: &str, text: &str| {
        steps.push(Step::Variable { name: name.into(), text: Some(text.into()) });
    };
    match random.below(4) {
        0 => set("APP_TOKEN_FILE", TOKEN_FILE),
        1 => set("APP_TOKEN", "hunter-of-a-variable"),
        _ => {}
    }
    if random.chance(20) {
        set("APP_HOSTS", "x, y");
    }
    steps
}

/// Reloads by hand, changes the environment and the certificate, and asks how it goes.
fn operator(random: &mut Random, diary: &mut Diary) {
    for at in diary.times(random, 300..=4000) {
        match random.below(10) {
            0..=2 => diary.note(at, Step::Reload),
            3 | 4 => diary.note(at, Step::Status),
            5 => diary.note(at, Step::Turn),
            6 | 7 => {
                let (name, texts) = random.pick(&[
                    ("APP_LOW", &["20", "8", "much", "13"][..]),
                    ("APP_HIGH", &["60", "3"]),
                    ("APP_WORKERS", &["2", "9"]),
                    ("APP_HOSTS", &["x,y", "[\"z\"]"]),
                    ("APP_STORE__PATH", &["/var/e"]),
                    ("APP_TOKEN", &["hunter-of-the-operator"]),
                    ("APP_UNKNOWN", &["1"]),
                    ("OTHER", &["1", "2"]),
                ]);
                let text = random.chance(60).then(|| random.pick(texts).to_owned());
                diary.note(at, Step::Variable { name: name.into(), text });
                if random.chance(50) {
                    diary.note(at + random.below(200), Step::Reload);
                }
            }
            8 => diary.change(at, write(CERTIFICATE, random.pick(&["valid", "renewed", "expired"]))),
            _ => {
                diary.change(at, FileChange::Remove { path: CERTIFICATE.into() });
                diary.note(at + random.below(900), Step::Reload);
            }
        }
    }
    if random.chance(4) {
        diary.note(random.below(diary.end), Step::Hammer { times: 150 });
    }
}

/// What falls into the middle of a reading.
fn interrupts(random: &mut Random, diary: &mut Diary) {
    for at in diary.times(random, 1500..=9000) {
        let worker = 10 + u8::try_from(random.below(2)).expect("a small number");
        let mut steps = Vec::new();
        for _ in 0..random.between(1..=3) {
            steps.push(match random.below(6) {
                0 => Step::Guard { worker },
                1 => Step::Release { worker: u8::try_from(random.below(4)).expect("a small number") },
                2 => Step::Delay { ms: random.pick(&[1, 40, 600, 2500]) },
                3 => Step::Hint,
                4 => Step::Files(write(random.pick(&[BASE, APP]), texts::document(random))),
                _ => Step::Files(FileChange::Truncate { path: random.pick(&[BASE, APP]).into() }),
            });
        }
        if steps.iter().any(Step::is_change) && random.chance(50) {
            steps.push(Step::Hint);
        }
        diary.note(
            at,
            Step::During { files: usize::try_from(random.below(4)).expect("a small number"), steps },
        );
        diary.note(at + random.between(500..=4000), Step::Release { worker });
    }
}

fn workers(random: &mut Random, diary: &mut Diary) {
    for worker in 0..4 {
        let mut at = random.below(10_000);
        while at < diary.end {
            diary.note(at, Step::Guard { worker });
            at += random.pick(&[1, 10, 250, 1500, 4000]) + random.below(20);
            diary.note(at, Step::Release { worker });
            at += random.between(2000..=15_000);
        }
    }
}

fn readers(random: &mut Random, diary: &mut Diary) {
    for reader in 0..2 {
        for at in diary.times(random, 500..=8000) {
            diary.note(at, Step::Keep { reader });
            diary.note(at + random.below(6000), Step::Compare { reader });
        }
    }
}

fn listeners(random: &mut Random, diary: &mut Diary) {
    for listener in 0..3 {
        let at = random.below(diary.end / 2);
        diary.note(at, Step::Subscribe { listener });
        for at in diary.times(random, 1000..=12_000) {
            diary.note(at, Step::Drain { listener });
        }
        if random.chance(30) {
            diary.note(at + random.below(diary.end / 2), Step::Unsubscribe { listener });
        }
    }
}

/// Reports changes as systems do: late, twice, several as one, or only that events were lost.
fn system(random: &mut Random, diary: &mut Diary) {
    let changes: BTreeSet<u64> =
        diary.steps.iter().filter(|timed| timed.step.is_change()).map(|timed| timed.at_ms).collect();
    let habit = random.below(6);
    let mut hints = BTreeSet::new();
    for at in changes {
        match if habit == 5 { random.below(5) } else { habit } {
            0 => drop(hints.insert(at + random.below(4))),
            1 => drop(hints.insert(at + random.below(3000))),
            2 => hints.extend([at + 1, at + 1 + random.below(200)]),
            3 => drop(hints.insert(at.next_multiple_of(100))),
            _ => drop(hints.insert(at.next_multiple_of(5000))),
        }
    }
    hints.into_iter().for_each(|at| diary.note(at, Step::Hint));
}
