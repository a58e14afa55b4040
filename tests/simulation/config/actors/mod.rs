//! The actors of a simulation, which build the plan of a seed. Each actor has its own random stream.

use std::collections::BTreeSet;

use speckit_tests::fakes::Random;

use crate::config::program::{APP, BASE, CERTIFICATE, CONF_D, SCHEMA, SCHEMA_FILE, Setup, TOKEN_FILE};
use crate::config::steps::{FileChange, SimulationPlan, Step, TimedStep};
use crate::config::texts;
use saving::{edit_drop_ins, edit_files, edit_schema, mount, update_mount};

mod saving;

/// The plan of a seed.
pub fn plan(seed: u64) -> SimulationPlan {
    let mut random = Random::stream(seed, "setup");
    let has_links = random.chance(40);
    let setup = Setup {
        seed,
        has_hot_reload_settings: random.chance(50),
        quiet_ms: random.pick(&[0, 50, 200, 500, 1000, 2000]),
        fallback: random.chance(30),
        has_schema_file: random.chance(25),
        required: random.chance(25),
        wake_delay_ms: random.pick(&[0, 0, 1, 30, 700]),
    };
    let before = steps_before_start(&mut random, &setup, has_links);
    let mut builder = PlanBuilder { end: random.between(8_000..=30_000), steps: Vec::new() };
    let stream = |purpose: &str| Random::stream(seed, purpose);
    edit_files(&mut stream("editor"), &mut builder);
    edit_drop_ins(&mut stream("drop-ins"), &mut builder);
    if setup.has_schema_file {
        edit_schema(&mut stream("schemas"), &mut builder);
    }
    if has_links {
        update_mount(&mut stream("kubelet"), &mut builder);
    }
    operate(&mut stream("operator"), &mut builder);
    interrupt_readings(&mut stream("interrupts"), &mut builder);
    take_guards(&mut stream("workers"), &mut builder);
    keep_snapshots(&mut stream("readers"), &mut builder);
    receive_events(&mut stream("listeners"), &mut builder);
    report_changes(&mut stream("system"), &mut builder);
    let mut steps = builder.steps;
    steps.sort_by_key(|timed| timed.at_ms);
    SimulationPlan { setup, before, steps }
}

/// Collects the steps of all actors, in any order.
struct PlanBuilder {
    end: u64,
    steps: Vec<TimedStep>,
}

impl PlanBuilder {
    fn add(&mut self, at_ms: u64, step: Step) {
        self.steps.push(TimedStep { at_ms, step });
    }

    fn add_change(&mut self, at_ms: u64, change: FileChange) {
        self.add(at_ms, Step::Files(change));
    }

    /// Times with pauses between them, until the end.
    fn random_times(&self, random: &mut Random, pauses: std::ops::RangeInclusive<u64>) -> Vec<u64> {
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

fn steps_before_start(random: &mut Random, setup: &Setup, has_links: bool) -> Vec<Step> {
    let mut changes =
        [CONF_D, "/run/secrets"].map(|path| FileChange::CreateFolder { path: path.into() }).to_vec();
    let app = match random.chance(if setup.fallback { 50 } else { 10 }) {
        true => texts::document(random),
        false => texts::valid_document(random),
    };
    if has_links {
        changes.extend(mount(0, app));
        changes.push(FileChange::Link { path: APP.into(), target: "..data/app.toml".into() });
    } else if setup.required || random.chance(70) {
        changes.push(write(APP, app));
    }
    if random.chance(50) {
        changes.push(write(BASE, texts::valid_document(random)));
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

/// Reloads manually, changes the environment and the certificate, and reads the status.
fn operate(random: &mut Random, builder: &mut PlanBuilder) {
    for at in builder.random_times(random, 300..=4000) {
        match random.below(10) {
            0..=2 => builder.add(at, Step::Reload),
            3 | 4 => builder.add(at, Step::Status),
            5 => builder.add(at, Step::Turn),
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
                builder.add(at, Step::Variable { name: name.into(), text });
                if random.chance(50) {
                    builder.add(at + random.below(200), Step::Reload);
                }
            }
            8 => builder.add_change(at, write(CERTIFICATE, random.pick(&["valid", "renewed", "expired"]))),
            _ => {
                builder.add_change(at, FileChange::Remove { path: CERTIFICATE.into() });
                builder.add(at + random.below(900), Step::Reload);
            }
        }
    }
    if random.chance(4) {
        builder.add(random.below(builder.end), Step::EditAndReload { times: 150 });
    }
}

/// Interrupts readings with other steps.
fn interrupt_readings(random: &mut Random, builder: &mut PlanBuilder) {
    for at in builder.random_times(random, 1500..=9000) {
        let worker = 10 + u8::try_from(random.below(2)).expect("a small number");
        let mut steps = Vec::new();
        for _ in 0..random.between(1..=3) {
            steps.push(match random.below(6) {
                0 => Step::TakeGuard { worker },
                1 => Step::DropGuard { worker: u8::try_from(random.below(4)).expect("a small number") },
                2 => Step::Delay { ms: random.pick(&[1, 40, 600, 2500]) },
                3 => Step::Hint,
                4 => Step::Files(write(random.pick(&[BASE, APP]), texts::document(random))),
                _ => Step::Files(FileChange::Truncate { path: random.pick(&[BASE, APP]).into() }),
            });
        }
        if steps.iter().any(Step::is_change) && random.chance(50) {
            steps.push(Step::Hint);
        }
        builder.add(
            at,
            Step::InterruptReading {
                files: usize::try_from(random.below(4)).expect("a small number"),
                steps,
            },
        );
        builder.add(at + random.between(500..=4000), Step::DropGuard { worker });
    }
}

fn take_guards(random: &mut Random, builder: &mut PlanBuilder) {
    for worker in 0..4 {
        let mut at = random.below(10_000);
        while at < builder.end {
            builder.add(at, Step::TakeGuard { worker });
            at += random.pick(&[1, 10, 250, 1500, 4000]) + random.below(20);
            builder.add(at, Step::DropGuard { worker });
            at += random.between(2000..=15_000);
        }
    }
}

fn keep_snapshots(random: &mut Random, builder: &mut PlanBuilder) {
    for reader in 0..2 {
        for at in builder.random_times(random, 500..=8000) {
            builder.add(at, Step::KeepSnapshot { reader });
            builder.add(at + random.below(6000), Step::CompareSnapshot { reader });
        }
    }
}

fn receive_events(random: &mut Random, builder: &mut PlanBuilder) {
    for listener in 0..3 {
        let at = random.below(builder.end / 2);
        builder.add(at, Step::Subscribe { listener });
        for at in builder.random_times(random, 1000..=12_000) {
            builder.add(at, Step::ReceiveEvents { listener });
        }
        if random.chance(30) {
            builder.add(at + random.below(builder.end / 2), Step::Unsubscribe { listener });
        }
    }
}

/// Reports changes like operating systems: late, twice, several at once, or only as lost events.
fn report_changes(random: &mut Random, builder: &mut PlanBuilder) {
    let changes: BTreeSet<u64> =
        builder.steps.iter().filter(|timed| timed.step.is_change()).map(|timed| timed.at_ms).collect();
    let style = random.below(6);
    let mut hints = BTreeSet::new();
    for at in changes {
        match if style == 5 { random.below(5) } else { style } {
            0 => drop(hints.insert(at + random.below(4))),
            1 => drop(hints.insert(at + random.below(3000))),
            2 => hints.extend([at + 1, at + 1 + random.below(200)]),
            3 => drop(hints.insert(at.next_multiple_of(100))),
            _ => drop(hints.insert(at.next_multiple_of(5000))),
        }
    }
    hints.into_iter().for_each(|at| builder.add(at, Step::Hint));
}
