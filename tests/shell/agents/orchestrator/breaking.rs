//! Providers that fail too often.

use tokio::time::sleep;

use super::*;

async fn status_of(orchestrator: &AsyncOrchestrator, agent: Agent) -> Status {
    let once = RetryConfig::default().with_max_attempts(1);
    statuses(&orchestrator.run(Plan { retry: once, ..plan([agent]) }).await)[0]
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_keeps_failing_is_left_alone_by_all_gates_until_a_trial_succeeds() {
    let (orchestrator, door) = orchestrator(10);
    let fails = || agent("a", &["exit 75"]);
    let succeeds = || agent("b", &["exit 0"]);
    for _ in 0..5 {
        assert_eq!(status_of(&orchestrator, fails()).await, Status::Failed);
        assert_eq!(status_of(&orchestrator.clone(), fails()).await, Status::Failed);
    }
    assert_eq!(door.log().len(), 20);
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::CircuitOpen);
    assert_eq!(door.log().len(), 20, "the door is not asked");
    assert_eq!(status_of(&orchestrator, agent_of("google", "g", &["exit 0"])).await, Status::Ok);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(status_of(&orchestrator, fails()).await, Status::Failed, "one is tried");
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::CircuitOpen);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::Ok);
    assert_eq!(status_of(&orchestrator, succeeds()).await, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn every_exit_that_is_tried_again_counts_against_the_provider_and_no_other_one_does() {
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
async fn what_says_nothing_about_a_provider_does_not_open_its_breaker() {
    let (orchestrator, _) = orchestrator(10);
    let scripts = [
        "exit 1",
        "signal 9",
        "missing no such file",
        "unstarted too many files",
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
async fn agents_that_have_begun_are_tried_again_whatever_becomes_of_others() {
    let (orchestrator, door) = orchestrator(10);
    let agents = (0..9).map(|n| agent(&format!("a{n}"), &["exit 75", "exit 75", "exit 0"]));
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!((statuses(&run), door.log().len()), (vec![Status::Ok; 9], 2 * 27));
    let stubborn = Plan {
        retry: RetryConfig::default().with_max_attempts(30).with_deadline_ms(3_600_000),
        ..plan([agent("b", &["exit 75"])])
    };
    let run = orchestrator.run(stubborn).await;
    assert_eq!((run.agents[0].status, run.agents[0].attempts), (Status::Failed, 30));
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_called_off_makes_room_for_another() {
    let (orchestrator, _) = orchestrator(10);
    for _ in 0..10 {
        status_of(&orchestrator, agent("a", &["exit 75"])).await;
    }
    sleep(Duration::from_secs(30)).await;
    let dropped = tokio::time::timeout(MS(5), status_of(&orchestrator, agent("b", &["wait 1000"]))).await;
    assert!(dropped.is_err());
    assert_eq!(status_of(&orchestrator, agent("c", &["exit 0"])).await, Status::Ok);
}
