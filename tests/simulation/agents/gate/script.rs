//! The script of a seed: the plan of a gate, and the behaviour of its agents and its user.

use std::time::Duration;

use speckit_core::agents::gate::{Agent, CommandLine, Ending, Plan};
use speckit_core::retry::{ErrorClass, Jitter, RetryConfig, Seed};
use speckit_tests::fakes::Random;

/// The start time of every gate, since 1970-01-01T00:00:00Z.
pub const STARTED_AT: Duration = Duration::from_secs(1_700_000_000);

#[derive(Clone, Debug)]
pub struct Script {
    pub plan: Plan,
    pub seed: Seed,
    /// The scripts of the attempts of each agent; later attempts repeat the last one.
    pub attempts: Vec<Vec<AttemptScript>>,
    pub orders: Vec<(Duration, CancelOrder)>,
    /// The delay of the timer at the end of a wait.
    pub timer_delay: Duration,
    pub random: Random,
}

/// The script of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptScript {
    /// The time before the process can begin.
    pub start_delay: Duration,
    /// The duration until it ends by itself, if it does.
    pub duration: Option<Duration>,
    /// The end of a process that ends by itself.
    pub ending: Ending,
    pub term_reaction: TermReaction,
    pub stdout: &'static str,
    /// The number of dropped bytes of each of its two streams.
    pub dropped: [u64; 2],
    pub leaked: bool,
}

/// The reaction of a process to SIGTERM.
#[derive(Clone, Copy, Debug)]
pub enum TermReaction {
    EndsAfter(Duration),
    /// The process exits with 0.
    Succeeds,
    Ignores,
}

#[derive(Clone, Copy, Debug)]
pub enum CancelOrder {
    Cancel,
    Kill,
}

fn ms(random: &mut Random, limit_ms: u64) -> Duration {
    Duration::from_millis(random.between(0..=limit_ms))
}

impl Script {
    /// The script of a seed.
    pub fn of(seed: u64) -> Self {
        let plan = plan(&mut Random::stream(seed, "gate/plan"));
        let mut random = Random::stream(seed, "gate/jobs");
        let attempts = plan.agents.iter().map(|agent| attempt_scripts(&mut random, agent)).collect();
        let mut random = Random::stream(seed, "gate/orders");
        let first = ms(&mut random, 4000);
        let second = first + ms(&mut random, 600);
        let orders = match random.below(8) {
            0 | 1 => vec![(first, CancelOrder::Cancel)],
            2 => vec![(first, CancelOrder::Cancel), (second, CancelOrder::Kill)],
            3 => vec![(first, CancelOrder::Kill), (second, CancelOrder::Cancel)],
            4 => vec![(Duration::ZERO, CancelOrder::Cancel)],
            _ => Vec::new(),
        };
        let timer_delay = Duration::from_millis(random.pick(&[0, 0, 5, 150]));
        Self {
            plan,
            seed: Seed::new(seed),
            attempts,
            orders,
            timer_delay,
            random: Random::stream(seed, "gate/run"),
        }
    }

    /// The script of an attempt, counted from 1.
    pub fn attempt(&self, agent: usize, attempt: u32) -> &AttemptScript {
        let scripts = &self.attempts[agent];
        &scripts[scripts.len().min(attempt as usize) - 1]
    }
}

fn plan(random: &mut Random) -> Plan {
    let exits = [vec![75], vec![], vec![75, 3], vec![1]];
    let agents = ["gemini", "claude", "gpt_pro", "gpt_codex", "claude_haiku", "gemini_flash"];
    let count = usize::try_from(random.between(1..=6)).unwrap();
    let agents = agents.into_iter().take(count).map(|name| Agent {
        provider: "openai".into(),
        model: format!("{name}-1"),
        retryable_exits: random.pick(&exits),
        ..Agent::new(name, CommandLine::default())
    });
    let agents: Vec<Agent> = agents.collect();
    Plan {
        stage: "audit".into(),
        spec: "SPEC-1".into(),
        quorum: usize::try_from(random.between(0..=agents.len() as u64 + 1)).unwrap(),
        agents,
        agree_on: random.chance(50).then(|| "verdict".parse().unwrap()),
        accept: None,
        max_concurrent: usize::try_from(random.between(0..=6)).unwrap(),
        timeout: Duration::from_millis(random.between(500..=3000)),
        grace: ms(random, 500),
        output_bytes: 1024,
        retry: RetryConfig::default()
            .with_max_attempts(u32::try_from(random.between(1..=6)).unwrap())
            .with_initial_backoff_ms(random.between(1..=500))
            .with_max_backoff_ms(random.between(1..=2000))
            .with_multiplier(random.pick(&[1.0, 1.5, 2.0, 10.0]))
            .with_jitter(random.pick(&[Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated]))
            .with_deadline_ms(random.pick(&[1, 100, 1000, 30_000])),
    }
}

fn attempt_scripts(random: &mut Random, agent: &Agent) -> Vec<AttemptScript> {
    let temporary = agent.retryable_exits.first().map_or(75, |exit| i32::from(*exit));
    let temporary = Ending::Exited { code: temporary };
    let done = Ending::Exited { code: 0 };
    let times = random.between(1..=4);
    let first = match random.below(8) {
        0 | 1 => Vec::new(),
        2 | 3 => vec![temporary; times as usize],
        4 => vec![not_started(ErrorClass::Retryable); times as usize],
        5 => return vec![attempt_script(random, not_started(ErrorClass::Permanent))],
        6 => return vec![attempt_script(random, Ending::CircuitOpen)],
        _ => {
            let any = [
                temporary,
                done.clone(),
                Ending::Exited { code: 2 },
                Ending::Signalled { signal: 9 },
                not_started(ErrorClass::Retryable),
            ];
            (0..times).map(|_| random.pick(&any)).collect()
        }
    };
    let last = random.pick(&[
        done.clone(),
        done.clone(),
        done,
        Ending::Exited { code: -1 },
        Ending::Exited { code: 75 },
    ]);
    first.into_iter().chain([last]).map(|ending| attempt_script(random, ending)).collect()
}

fn attempt_script(random: &mut Random, ending: Ending) -> AttemptScript {
    let is_rejected = matches!(ending, Ending::NotStarted { .. } | Ending::CircuitOpen);
    let duration =
        if is_rejected { Some(Duration::ZERO) } else { Some(ms(random, 1500)).filter(|_| random.chance(85)) };
    let lag = ms(random, 400);
    let is_cut = !is_rejected && random.chance(15);
    let answers = [r#"{"verdict":"yes"}"#, r#"{"verdict":"yes"}"#, r#"{"verdict":"no"}"#, "no answer", ""];
    AttemptScript {
        start_delay: Duration::from_millis(random.pick(&[0, 0, 1, 200])),
        duration,
        ending,
        term_reaction: random.pick(&[
            TermReaction::EndsAfter(Duration::ZERO),
            TermReaction::EndsAfter(lag),
            TermReaction::Succeeds,
            TermReaction::Ignores,
        ]),
        stdout: if is_rejected {
            ""
        } else if is_cut {
            "the beginning"
        } else {
            random.pick(&answers)
        },
        dropped: if is_cut { [random.between(1..=9000), random.between(0..=1)] } else { [0, 0] },
        leaked: !is_rejected && random.chance(10),
    }
}

fn not_started(class: ErrorClass) -> Ending {
    Ending::NotStarted { class, reason: "text file busy".into() }
}
