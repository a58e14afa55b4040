//! Runs the dashboard on a terminal: sends it keys, events and the time, and draws its frames.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use ratatui::crossterm::execute;
use serde::de::DeserializeOwned;
use speckit_core::Key;
use speckit_core::config::redact::redact;

use super::dashboard::{Command, Dashboard, Leaf, Message, draw};
use super::{Input, Outcome};
use crate::signals::Signal;
use speckit::internal::clock;
use speckit::{Busy, Config, ConfigError, Reloaded, Snapshot};

/// How often ages and the state of the files are read.
const TICK: Duration = Duration::from_secs(1);
/// How long a key may go unread, and the end of the program wait for its reader.
const KEY_TICK: Duration = Duration::from_millis(100);

/// Shows the dashboard until the user, a signal or the terminal ends it.
pub(super) fn run<T: DeserializeOwned + Send + Sync + 'static>(
    shell: &Config<T>,
    (sender, inputs): (&Sender<Input>, &Receiver<Input>),
    is_degraded: bool,
    has_color: bool,
) -> io::Result<Outcome> {
    let mut terminal = ratatui::try_init()?;
    // What is pasted is no key; where the terminal does not know the difference, nothing is lost.
    let _ = execute!(terminal.backend_mut(), EnableBracketedPaste);
    let keys = KeyReader::start(sender.clone());
    let mut screen = Screen {
        shell,
        dashboard: Dashboard::default(),
        shown: None,
        guard: None,
        fallback_generation: is_degraded.then(|| shell.snapshot().generation()),
    };
    let ended = screen.follow(&mut terminal, inputs, has_color);
    drop(keys);
    let _ = execute!(terminal.backend_mut(), DisableBracketedPaste);
    ratatui::try_restore()?;
    ended.map(|()| Outcome::Yes)
}

struct Screen<'a, T> {
    shell: &'a Config<T>,
    dashboard: Dashboard,
    /// The snapshot that the dashboard shows.
    shown: Option<Arc<Snapshot<T>>>,
    guard: Option<Busy>,
    /// The generation that stands in for files that were refused at the start.
    fallback_generation: Option<u64>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Screen<'_, T> {
    fn follow(
        &mut self,
        terminal: &mut DefaultTerminal,
        inputs: &Receiver<Input>,
        has_color: bool,
    ) -> io::Result<()> {
        let started = clock::now();
        loop {
            let at = since(started);
            self.refresh(at);
            terminal.draw(|frame| draw(frame, &mut self.dashboard, at, has_color))?;
            let message = match inputs.recv_timeout(TICK) {
                Ok(Input::Event(event)) => Message::Event { event: *event, at: since(started) },
                Ok(Input::Terminal(Event::Key(key))) => Message::Key(key),
                Ok(Input::Signal(Signal::Hangup)) => self.reloaded(),
                Ok(Input::Lost(error)) => return Err(error),
                Ok(Input::Signal(Signal::End)) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                // Another size is drawn at once.
                Ok(Input::Terminal(_)) | Err(RecvTimeoutError::Timeout) => continue,
            };
            match self.dashboard.update(message) {
                Command::None => {}
                Command::Reload => {
                    let reply = self.reloaded();
                    self.dashboard.update(reply);
                }
                Command::ToggleBusy => {
                    self.guard = if self.guard.take().is_some() { None } else { Some(self.shell.busy()) };
                }
                Command::Explain(key) => {
                    let text = self.shell.snapshot().explain(&key).map(|why| why.to_text());
                    self.dashboard.update(Message::Explained { key, text });
                }
                Command::Quit => return Ok(()),
            }
        }
    }

    /// Sends the dashboard the configuration and its status.
    fn refresh(&mut self, at: Duration) {
        let snapshot = self.shell.snapshot();
        // An edit may move origins without an event.
        if !self.shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &snapshot)) {
            let is_fallback = self.fallback_generation == Some(snapshot.generation());
            self.dashboard.update(Message::Configuration {
                generation: snapshot.generation(),
                leaves: leaves(&snapshot),
                fallback: is_fallback.then(|| "the defaults (--fallback defaults)".into()),
            });
            self.shown = Some(snapshot);
        }
        self.dashboard.update(Message::Status { status: self.shell.status(), at });
    }

    fn reloaded(&self) -> Message {
        Message::Replied(match self.shell.reload() {
            Ok(Reloaded::Renewed) => "reloaded".into(),
            Ok(Reloaded::Unchanged) => "nothing has changed".into(),
            Ok(Reloaded::Deferred) => "the reload waits until nothing is busy".into(),
            Err(error) => match error {
                ConfigError::Refused { findings, .. } => format!("refused, {} findings", findings.len()),
                other => other.to_string(),
            },
        })
    }
}

fn since(started: Instant) -> Duration {
    clock::now().saturating_duration_since(started)
}

fn leaves<T>(snapshot: &Snapshot<T>) -> Vec<Leaf> {
    let root = redact(snapshot.root(), &|key: &Key| snapshot.is_secret(key));
    let mut leaves = Vec::new();
    root.leaves(false, &mut |key, value| {
        leaves.push(Leaf {
            key: key.to_string(),
            value: value.to_string(),
            origin: value.origin().to_string(),
        });
    });
    leaves
}

/// The thread that waits for keys.
struct KeyReader {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl KeyReader {
    #[expect(clippy::disallowed_methods, reason = "it ends with the flag, and is joined")]
    fn start(sender: Sender<Input>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let input =
                    match event::poll(KEY_TICK).and_then(|is_there| is_there.then(event::read).transpose()) {
                        Ok(Some(event)) => Input::Terminal(event),
                        Ok(None) => continue,
                        Err(error) => Input::Lost(error),
                    };
                let is_lost = matches!(input, Input::Lost(_));
                if sender.send(input).is_err() || is_lost {
                    break;
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for KeyReader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}
