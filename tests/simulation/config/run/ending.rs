//! Checks the program after the last step, when it is idle.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use speckit::world::World;

use super::ProgramRun;
use crate::config::coverage::CoveredCase;
use crate::config::events::ensure;
use crate::config::observers::ensure_no_secret;
use crate::config::oracle::{diagnostics_json, leaves};
use crate::config::program::{KEYS, RESTART_KEYS, Setup, builder, closure_panicked};

/// A program that needs more turns than this after the last change is never idle.
const MAX_TURNS_UNTIL_IDLE: u32 = 200;

impl ProgramRun<'_> {
    /// Drops all guards, sends the last hint, and moves the clock on until the program is idle.
    pub(super) fn run_until_idle(&mut self) -> Result<(), String> {
        self.world.remove_interrupt();
        for worker in self.workers.names() {
            self.drop_guard(worker)?;
        }
        for _ in 0..MAX_TURNS_UNTIL_IDLE {
            if self.has_unreported_change.load(Ordering::Relaxed) {
                self.hint()?;
            } else {
                self.turn()?;
            }
            match self.wake_time {
                Some(time) => self.world.advance_to(time),
                None => return self.check_status(),
            }
        }
        Err("the program does not become idle".into())
    }

    /// Checks that the program uses the same configuration as a fresh start, except for pending restarts. If a fresh start is
    /// refused, the status must have the same reason.
    pub(super) fn compare_with_fresh_start(&mut self) -> Result<(), String> {
        let setup = Setup { fallback: false, ..self.plan.setup.clone() };
        let world: Arc<dyn World> = Arc::clone(&self.world) as Arc<dyn World>;
        let fresh = builder(&setup, &world).open();
        let status = self.config.status();
        self.world.take_readings();
        let refusal = status.refusal.as_ref().map(|refusal| diagnostics_json(refusal));
        let fresh = match fresh {
            // A start calls the closure too, while a running configuration keeps its previous result.
            Err(error) if diagnostics_json(error.diagnostics()) == closure_panicked() => return Ok(()),
            Err(error) => {
                self.coverage.count(CoveredCase::RefusedAtTheEnd);
                let expected = Some(diagnostics_json(error.diagnostics()));
                return ensure(
                    refusal == expected,
                    &format!("the refusal in the status is {refusal:?} and not {expected:?}"),
                );
            }
            Ok(fresh) => fresh.snapshot(),
        };
        if let Some(refusal) = refusal {
            let needs_restart =
                refusal.as_array().into_iter().flatten().all(|found| found["code"] == "reload/restart");
            return ensure(
                needs_restart,
                &format!("a fresh start succeeds, but the status contains {refusal}"),
            );
        }
        ensure(status.drift.is_empty(), &format!("the status reports the drift of {:?}", status.drift))?;
        let current = self.config.snapshot();
        let pending = current.pending_restart();
        if !pending.is_empty() {
            self.coverage.count(CoveredCase::PendingAtTheEnd);
        }
        let live_leaves = |tree| {
            let mut live_leaves = leaves(tree);
            RESTART_KEYS.iter().for_each(|key| drop(live_leaves.remove(*key)));
            live_leaves
        };
        ensure(
            live_leaves(current.root_with_secrets()) == live_leaves(fresh.root_with_secrets()),
            "the configuration differs from that of a fresh start",
        )?;
        for key in KEYS.iter().filter(|key| !RESTART_KEYS.contains(key)) {
            let explanations = [&current, &fresh]
                .map(|snapshot| snapshot.explain(key).map(|explanation| explanation.to_text()));
            ensure_no_secret(explanations[0].as_deref().unwrap_or_default())?;
            ensure(
                explanations[0] == explanations[1],
                &format!("the explanations of {key} differ: {explanations:?}"),
            )?;
        }
        ensure_no_secret(&current.to_text())?;
        let pending_keys: Vec<String> = pending.iter().map(|change| change.key.to_string()).collect();
        let (current, fresh) = (leaves(current.root_with_secrets()), leaves(fresh.root_with_secrets()));
        let different_keys: Vec<&str> =
            RESTART_KEYS.into_iter().filter(|key| current.get(*key) != fresh.get(*key)).collect();
        ensure(
            pending_keys == different_keys,
            &format!("{pending_keys:?} are reported as pending, but {different_keys:?} differ"),
        )
    }

    /// Drops the program, and checks that its subscriptions end.
    pub(super) fn drop_program(self) -> Result<(), String> {
        let Self { config, mut listeners, readers, coverage, .. } = self;
        drop((config, readers));
        listeners.check_end(coverage)
    }
}
