//! The texts of the reasons to give up.

use std::time::Duration;

use speckit_core::retry::GiveUp;
use speckit_tests::golden;

#[test]
fn each_reason_to_give_up_has_a_text() {
    let deadline = |wait| GiveUp::Deadline { allowed: Duration::from_secs(30), wait };
    let reasons = [
        GiveUp::Permanent,
        GiveUp::Degraded,
        GiveUp::Attempts { allowed: 1 },
        GiveUp::Attempts { allowed: 3 },
        deadline(Duration::from_micros(338_437)),
        deadline(Duration::from_secs(3600)),
        deadline(Duration::ZERO),
        GiveUp::Budget,
        GiveUp::Open,
        GiveUp::Cancelled,
    ];
    let texts: Vec<String> = reasons.iter().map(GiveUp::to_string).collect();
    golden!("retry/policies", "reasons_to_give_up", texts.join("\n"));
}
