//! Masks secrets in the output of agents.

use std::sync::Arc;

use arc_swap::ArcSwap;
use speckit_core::agents::consensus::OutputReading;
use speckit_core::agents::gate::{Attempt, Ending, LeftProcess};
use speckit_core::agents::process::capture::Captured;
use speckit_core::config::redact::Masks;
use speckit_core::tree::typed::Secret;

/// The masks of a gate. They grow by the tokens that its agents get.
pub(super) struct GateMasks(ArcSwap<Masks>);

impl GateMasks {
    pub(super) fn new(masks: Arc<Masks>) -> Self {
        Self(ArcSwap::new(masks))
    }

    pub(super) fn current(&self) -> Arc<Masks> {
        self.0.load_full()
    }

    /// Masks a secret too, from now on.
    pub(super) fn add(&self, secret: &Secret<String>) {
        self.0.rcu(|masks| Masks::clone(masks).with_texts([secret.expose().clone()]));
    }
}

/// The attempt without secrets. Its answer never has one.
pub(super) fn masked(masks: &Masks, attempt: Attempt) -> Attempt {
    let ending = match attempt.ending {
        Ending::NotStarted { class, reason } => Ending::NotStarted { class, reason: masks.mask(&reason) },
        ending => ending,
    };
    let (stdout, stderr) = (captured(masks, attempt.stdout), captured(masks, attempt.stderr));
    let error = attempt.reading.error.map(|error| masks.mask_part(&error, false, true));
    let reading = OutputReading { error, ..attempt.reading };
    let masked = |one: LeftProcess| LeftProcess { command: masks.mask(&one.command), ..one };
    let left = attempt.left.into_iter().map(masked).collect();
    Attempt { ending, stdout, stderr, reading, left, ..attempt }
}

/// In complete output a secret may cross the halves; in truncated output a part of it may be lost.
fn captured(masks: &Masks, captured: Captured) -> Captured {
    if captured.dropped_bytes() == 0 {
        let bytes = captured.into_bytes();
        let clean = masked_bytes(masks, &bytes, false, false);
        return Captured::from(clean.unwrap_or(bytes));
    }
    // A truncated character would separate the edge from the rest of the secret.
    let captured = captured.in_whole_characters();
    let head = masked_bytes(masks, captured.head(), false, true);
    let tail = masked_bytes(masks, captured.tail(), true, false);
    if head.is_none() && tail.is_none() {
        return captured;
    }
    let head = head.unwrap_or_else(|| captured.head().to_vec());
    Captured::cut(head, tail.as_deref().unwrap_or(captured.tail()), captured.dropped_bytes())
}

/// The bytes without their secrets; `None` if they have none.
fn masked_bytes(masks: &Masks, bytes: &[u8], is_start_cut: bool, is_end_cut: bool) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let clean = masks.mask_part(&text, is_start_cut, is_end_cut);
    (clean != text).then(|| clean.into_bytes())
}
