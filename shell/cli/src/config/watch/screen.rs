//! Runs the dashboard on a terminal: passes it keys and events, and draws its frames.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use speckit_core::config::redact::redact;

use super::WatchInput;
use super::dashboard::{Dashboard, DashboardCommand, DashboardMessage, Leaf, draw};
use crate::signals::{ScreenSignal, Signal, SignalListener, stop, stop_job};
use crate::terminal::{FullScreen, KeyReader};
use speckit::internal::clock;
use speckit::{Busy, Config, ConfigError, Reloaded, Snapshot};

/// How often the status is read and drawn.
const TICK: Duration = Duration::from_secs(1);

/// Shows the dashboard until the user quits, a signal arrives or the terminal fails.
pub(super) fn run<T: DeserializeOwned + Send + Sync + 'static>(
    config: &Config<T>,
    (sender, inputs): (&Sender<WatchInput>, &Receiver<WatchInput>),
    fallback: Option<&'static str>,
    has_color: bool,
) -> io::Result<()> {
    let mut terminal = FullScreen::enter()?;
    let signal_sender = sender.clone();
    let signals = SignalListener::start_for_screen(move |signal| {
        drop(signal_sender.send(WatchInput::Screen(signal)));
    })?;
    let key_sender = sender.clone();
    let keys = KeyReader::start(move |key| {
        drop(key_sender.send(key.map_or_else(WatchInput::Lost, WatchInput::Key)));
    })?;
    let mut screen = DashboardScreen {
        config,
        dashboard: Dashboard::default(),
        shown: None,
        guard: None,
        fallback: fallback.map(|fallback| (config.snapshot().generation(), fallback)),
    };
    let ended = screen.follow(&mut terminal, inputs, has_color);
    drop((keys, signals));
    ended.and(terminal.leave())
}

struct DashboardScreen<'a, T> {
    config: &'a Config<T>,
    dashboard: Dashboard,
    /// The snapshot that the dashboard shows.
    shown: Option<Arc<Snapshot<T>>>,
    guard: Option<Busy>,
    /// The generation that runs instead of files that were refused at the start, and its description.
    fallback: Option<(u64, &'static str)>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> DashboardScreen<'_, T> {
    fn follow(
        &mut self,
        terminal: &mut FullScreen,
        inputs: &Receiver<WatchInput>,
        has_color: bool,
    ) -> io::Result<()> {
        let started = clock::now();
        loop {
            let at = since(started);
            self.refresh(at);
            terminal.draw(|frame| draw(frame, &mut self.dashboard, at, has_color))?;
            let message = match inputs.recv_timeout(TICK) {
                Ok(WatchInput::Event(event, _)) => {
                    DashboardMessage::Event { event: *event, at: since(started) }
                }
                Ok(WatchInput::Key(key)) => DashboardMessage::Key(key),
                Ok(WatchInput::Signal(Signal::Reload)) => self.reload(),
                Ok(WatchInput::Lost(error)) => return Err(error),
                Ok(WatchInput::Signal(Signal::End)) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(WatchInput::Screen(ScreenSignal::Stop)) => {
                    terminal.leave()?;
                    stop();
                    continue;
                }
                Ok(WatchInput::Screen(ScreenSignal::Draw { is_continued: true })) => {
                    terminal.renew()?;
                    continue;
                }
                Ok(WatchInput::Screen(_)) | Err(RecvTimeoutError::Timeout) => continue,
            };
            match self.dashboard.update(message) {
                DashboardCommand::None => {}
                DashboardCommand::Reload => {
                    let reply = self.reload();
                    self.dashboard.update(reply);
                }
                DashboardCommand::ToggleBusy => {
                    self.guard = if self.guard.take().is_some() { None } else { Some(self.config.busy()) };
                }
                DashboardCommand::Explain(key) => {
                    let text = self.config.snapshot().explain(&key).map(|why| why.to_text());
                    self.dashboard.update(DashboardMessage::Explained { key, text });
                }
                DashboardCommand::Stop => stop_job(),
                DashboardCommand::Quit => return Ok(()),
            }
        }
    }

    /// Passes the current configuration and its status to the dashboard.
    fn refresh(&mut self, at: Duration) {
        let snapshot = self.config.snapshot();
        // An edit may move origins without an event.
        if !self.shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &snapshot)) {
            let generation = snapshot.generation();
            let fallback = self.fallback.filter(|(first, _)| *first == generation);
            self.dashboard.update(DashboardMessage::Configuration {
                generation,
                leaves: leaves(&snapshot),
                fallback: fallback.map(|(_, description)| description.into()),
            });
            self.shown = Some(snapshot);
        }
        self.dashboard.update(DashboardMessage::Status { status: self.config.status(), at });
    }

    fn reload(&self) -> DashboardMessage {
        DashboardMessage::Replied(match self.config.reload() {
            Ok(Reloaded::Renewed) => "reloaded".into(),
            Ok(Reloaded::Unchanged) => "nothing has changed".into(),
            Ok(Reloaded::Deferred) => "the reload waits until no task is busy".into(),
            Err(ConfigError::Refused { diagnostics, .. }) => {
                format!("refused, {} diagnostics", diagnostics.len())
            }
            Err(error) => error.to_string(),
        })
    }
}

fn since(started: Instant) -> Duration {
    clock::now().saturating_duration_since(started)
}

fn leaves<T>(snapshot: &Snapshot<T>) -> Vec<Leaf> {
    let root = redact(snapshot.root_with_secrets(), &|key, _| snapshot.is_secret(key));
    let mut leaves = Vec::new();
    root.leaves(&mut |key, value| {
        leaves.push(Leaf {
            key: key.to_string(),
            value: value.to_string(),
            origin: value.origin().to_string(),
        });
    });
    leaves
}
