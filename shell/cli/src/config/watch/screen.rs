//! The dashboard on a terminal: keys, events and the time go in, frames come out.

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

/// How often ages and the state of the files are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long a key may go unread, and the end of the program wait for its reader.
const KEY_TICK: Duration = Duration::from_millis(100);

/// Shows the dashboard until the user, a signal or the terminal ends it.
pub(super) fn run<T: DeserializeOwned + Send + Sync + 'static>(
    shell: &Config<T>,
    (tell, inputs): (&Sender<Input>, &Receiver<Input>),
    is_degraded: bool,
    has_color: bool,
) -> io::Result<Outcome> {
    let mut terminal = ratatui::try_init()?;
    // What is pasted is no key; where the terminal does not know the difference, nothing is lost.
    let _ = execute!(terminal.backend_mut(), EnableBracketedPaste);
    let keys = Keys::read(tell.clone());
    let mut screen = Screen {
        shell,
        dashboard: Dashboard::new("speckit watch"),
        shown: None,
        guard: None,
        stand_in: is_degraded.then(|| shell.snapshot().generation()),
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
    /// What the dashboard shows.
    shown: Option<Arc<Snapshot<T>>>,
    guard: Option<Busy>,
    /// The generation that stands in for files that were refused at the start.
    stand_in: Option<u64>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Screen<'_, T> {
    fn follow(
        &mut self,
        terminal: &mut DefaultTerminal,
        inputs: &Receiver<Input>,
        has_color: bool,
    ) -> io::Result<()> {
        let started = clock::now();
        let size = terminal.size()?;
        self.dashboard.update(Message::Resized { width: size.width, height: size.height });
        loop {
            let at = since(started);
            self.refresh(at);
            terminal.draw(|frame| draw(frame, &self.dashboard, at, has_color))?;
            let message = match inputs.recv_timeout(TICK) {
                Ok(Input::Event(event)) => Message::Event { event: *event, at: since(started) },
                Ok(Input::Terminal(Event::Key(key))) => Message::Key(key),
                Ok(Input::Terminal(Event::Resize(width, height))) => Message::Resized { width, height },
                Ok(Input::Signal(Signal::Hangup)) => self.reloaded(),
                Ok(Input::Lost(error)) => return Err(error),
                Ok(Input::Signal(Signal::End)) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
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

    /// Tells the dashboard how things are.
    fn refresh(&mut self, at: Duration) {
        let snapshot = self.shell.snapshot();
        // Places may follow an edit without an event.
        if !self.shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &snapshot)) {
            let stands_in = self.stand_in == Some(snapshot.generation());
            self.dashboard.update(Message::Configuration {
                generation: snapshot.generation(),
                leaves: leaves(&snapshot),
                fallback: stands_in.then(|| "the defaults (--fallback defaults)".into()),
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
struct Keys {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    #[expect(clippy::disallowed_methods, reason = "it ends with the flag, and is joined")]
    fn read(tell: Sender<Input>) -> Self {
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
                if tell.send(input).is_err() || is_lost {
                    break;
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}
