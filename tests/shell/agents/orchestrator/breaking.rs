//! The circuit breaker of a provider that fails too often.

use tokio::time::sleep;

use super::*;

async fn status_of(orchestrator: &AsyncOrchestrator, agent: Agent) -> Status {
    let once = RetryConfig::default().with_max_attempts(1);
    statuses(&orchestrator.run(Plan { retry: once, ..plan([agent]) }).await)[0]
}

#[tokio::test(start_paused = true)]
async fn a_failing_provider_is_refused_in_all_gates_until_a_trial_succeeds() {
    let (orchestrator, processes) = orchestrator(10);
    let fails = || agent("a", &["exit 75"]);
    let succeeds = || agent("b", &["exit 0"]);
    for _ in 0..5 {
        assert_eq!(status_of(&orchestrator, fails()).await, Status::Failed);
        assert_eq!(status_of(&orchestrator.clone(), fails()).await, Status::Failed);
    }
    assert_eq!(processes.log().len(), 20);
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::CircuitOpen);
    assert_eq!(processes.log().len(), 20, "no process is started");
    assert_eq!(status_of(&orchestrator, agent_of("google", "g", &["exit 0"])).await, Status::Ok);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(status_of(&orchestrator, fails()).await, Status::Failed, "one trial is allowed");
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::CircuitOpen);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::Ok);
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn only_retryable_exits_count_against_a_provider() {
    for (script, listed, status) in [
        ("exit 75", vec![], Status::CircuitOpen),
        ("exit 69", vec![69], Status::CircuitOpen),
        ("exit 69", vec![], Status::Failed),
    ] {
        let (orchestrator, _) = orchestrator(10);
        let fails = || Agent { retryable_exits: listed.clone(), ..agent("a", &[script]) };
        for _ in 0..10 {
            status_of(&orchestrator, fails()).await;
        }
        assert_eq!(status_of(&orchestrator, fails()).await, status, "{script}, {listed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_a_single_agent_do_not_open_the_breaker() {
    let (orchestrator, _) = orchestrator(10);
    let scripts = [
        "exit 1",
        "signal 9",
        "missing no such file",
        "fail-start too many files",
        "wait 999999999",
        "panic a bug",
    ];
    for script in scripts {
        for _ in 0..15 {
            assert_ne!(status_of(&orchestrator, agent(script, &[script])).await, Status::CircuitOpen);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_does_not_stop_the_retries_of_a_running_agent() {
    let (orchestrator, processes) = orchestrator(10);
    let agents = (0..9).map(|n| agent(&format!("a{n}"), &["exit 75", "exit 75", "exit 0"]));
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!((statuses(&run), processes.log().len()), (vec![Status::Ok; 9], 2 * 27));
    let many_retries = Plan {
        retry: RetryConfig::default().with_max_attempts(30).with_deadline_ms(3_600_000),
        ..plan([agent("b", &["exit 75"])])
    };
    let run = orchestrator.run(many_retries).await;
    assert_eq!((run.agents[0].status, run.agents[0].attempts), (Status::Failed, 30));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_trial_allows_another_one() {
    let (orchestrator, _) = orchestrator(10);
    for _ in 0..10 {
        status_of(&orchestrator, agent("a", &["exit 75"])).await;
    }
    sleep(Duration::from_secs(30)).await;
    let dropped = tokio::time::timeout(MS(5), status_of(&orchestrator, agent("b", &["wait 1000"]))).await;
    assert!(dropped.is_err());
    assert_eq!(status_of(&orchestrator, agent("c", &["exit 0"])).await, Status::Ok);
}
