//! Secrets are masked in what agents write before anybody sees it.

use speckit_core::capture::Captured;
use speckit_core::gate::{Attempt, Ending};
use speckit_core::redact::Masks;

/// The attempt without secrets.
pub(super) fn masked(masks: &Masks, attempt: Attempt) -> Attempt {
    let Attempt { ending, stdout, stderr, elapsed, is_leaked } = attempt;
    let ending = match ending {
        Ending::NotStarted { class, reason } => Ending::NotStarted { class, reason: masks.scrub(&reason) },
        ending => ending,
    };
    let (stdout, stderr) = (captured(masks, stdout), captured(masks, stderr));
    Attempt { ending, stdout, stderr, elapsed, is_leaked }
}

/// Where nothing is missing a secret may stand across the halves, and where something is it may have lost its rest.
fn captured(masks: &Masks, captured: Captured) -> Captured {
    let Captured { mut head, mut tail, dropped_bytes } = captured;
    if dropped_bytes == 0 {
        head.append(&mut tail);
    }
    let is_cut = dropped_bytes > 0;
    Captured {
        head: scrubbed(masks, head, false, is_cut),
        tail: scrubbed(masks, tail, is_cut, false),
        dropped_bytes,
    }
}

/// The same bytes where there is no secret in them.
fn scrubbed(masks: &Masks, bytes: Vec<u8>, is_start_cut: bool, is_end_cut: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(&bytes);
    let clean = masks.scrub_part(&text, is_start_cut, is_end_cut);
    if clean == text { bytes } else { clean.into_bytes() }
}
