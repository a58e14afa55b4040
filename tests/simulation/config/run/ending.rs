//! When all have done what they do: the program comes to rest, and runs what it must.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use speckit::world::World;

use super::ProgramRun;
use crate::config::notices::claim;
use crate::config::observers::shows_no_secret;
use crate::config::oracle::{findings, leaves};
use crate::config::program::{KEYS, RESTART, Setup, builder, closure_panicked};
use crate::config::tally::Coverage;

/// More calls than this after the last change, and the program never comes to rest.
const MAX_TURNS_TO_REST: u32 = 200;

impl ProgramRun<'_> {
    /// Guards are dropped, the last hint comes, and time passes until the program wants nothing any more.
    pub(super) fn come_to_rest(&mut self) -> Result<(), String> {
        self.world.remove_interrupt();
        for worker in self.workers.names() {
            self.release(worker)?;
        }
        for _ in 0..MAX_TURNS_TO_REST {
            if self.is_unseen.load(Ordering::Relaxed) {
                self.hint()?;
            } else {
                self.turn()?;
            }
            match self.wake {
                Some(wake) => self.world.advance_to(wake),
                None => return self.check_status(),
            }
        }
        Err("the program does not come to rest".into())
    }

    /// What runs is what a program that starts now would run, but for settings that need a restart; or it is the last
    /// that was good, and the status says why.
    pub(super) fn compare_with_a_fresh_start(&mut self) -> Result<(), String> {
        let setup = Setup { fallback: false, ..self.plan.setup.clone() };
        let world: Arc<dyn World> = Arc::clone(&self.world) as Arc<dyn World>;
        let fresh = builder(&setup, &world).open();
        let status = self.shell.status();
        self.world.take_readings();
        let refusal = status.refusal.as_ref().map(|refusal| findings(refusal));
        let fresh = match fresh {
            // Opening calls the closure too; a running configuration keeps its previous result.
            Err(error) if findings(error.diagnostics()) == closure_panicked() => return Ok(()),
            Err(error) => {
                self.tally.see(Coverage::RefusedAtTheEnd);
                let expected = Some(findings(error.diagnostics()));
                return claim(
                    refusal == expected,
                    &format!("the status says {refusal:?} and not {expected:?}"),
                );
            }
            Ok(fresh) => fresh.snapshot(),
        };
        if let Some(refusal) = refusal {
            let waits =
                refusal.as_array().into_iter().flatten().all(|found| found["code"] == "reload/restart");
            return claim(waits, &format!("a fresh start works, and the status says {refusal}"));
        }
        claim(status.drift.is_empty(), &format!("{:?} are reported as drift", status.drift))?;
        let runs = self.shell.snapshot();
        let pending = runs.pending_restart();
        if !pending.is_empty() {
            self.tally.see(Coverage::PendingAtTheEnd);
        }
        let live = |tree| {
            let mut leaves = leaves(tree);
            RESTART.iter().for_each(|key| drop(leaves.remove(*key)));
            leaves
        };
        claim(live(runs.root()) == live(fresh.root()), "what runs is not what a fresh start runs")?;
        for key in KEYS.iter().filter(|key| !RESTART.contains(key)) {
            let why = [&runs, &fresh].map(|snapshot| snapshot.explain(key).map(|why| why.to_text()));
            shows_no_secret(why[0].as_deref().unwrap_or_default())?;
            claim(why[0] == why[1], &format!("{key} is explained by {why:?}"))?;
        }
        shows_no_secret(&runs.to_text())?;
        let waits: Vec<String> = pending.iter().map(|change| change.key.to_string()).collect();
        let (runs, fresh) = (leaves(runs.root()), leaves(fresh.root()));
        let differs: Vec<&str> =
            RESTART.into_iter().filter(|key| runs.get(*key) != fresh.get(*key)).collect();
        claim(waits == differs, &format!("{waits:?} are said to wait, and {differs:?} do"))
    }

    /// With the program its subscriptions end.
    pub(super) fn end(self) -> Result<(), String> {
        let Self { shell, mut listeners, readers, tally, .. } = self;
        drop((shell, readers));
        listeners.end(tally)
    }
}
