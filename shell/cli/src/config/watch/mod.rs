//! `watch`: what happens to a running configuration, as a dashboard or as lines.

use std::io;
use std::sync::mpsc::{self, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::args::{FallbackArg, WatchArgs};
use crate::context::{Context, Outcome, verdict};
use crate::signals::{Signal, SignalListener, Then};
use speckit::internal::clock;
use speckit::{Builder, Config, ConfigError, ConfigReloadEvent, Fallback, HotReloadWatcher, Receiver};

mod dashboard;
mod lines;
mod screen;
mod upkeep;

use lines::Lines;
use upkeep::Upkeep;

/// How long it has to end by itself after a signal.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn run(context: &Context, args: &WatchArgs) -> Outcome {
    match &context.globals.schema {
        Some(path) => {
            let builder = context.with_schema(path).map_err(|findings| context.refuse(&findings));
            builder.map_or_else(|outcome| outcome, |builder| follow(context, args, builder))
        }
        None => {
            let builder = context.application().map_err(|findings| context.refuse(&findings));
            let builder = builder.map(|it| it.history_settings(|settings| settings.store.clone()));
            builder.map_or_else(|outcome| outcome, |builder| follow(context, args, builder))
        }
    }
}

/// What the loop waits for.
enum Input {
    Event(Box<ConfigReloadEvent>),
    Signal(Signal),
    /// A key, or another size.
    Terminal(ratatui::crossterm::event::Event),
    /// Keys can be read no more.
    Lost(io::Error),
}

fn follow<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    args: &WatchArgs,
    builder: Builder<T>,
) -> Outcome {
    let builder = context.recorded(builder, clock::since_epoch());
    let builder = match args.fallback {
        Some(FallbackArg::Defaults) => builder.fallback(Fallback::Defaults),
        Some(FallbackArg::LastGood) => builder.fallback(Fallback::LastGood),
        None => builder,
    };
    let opened = builder.open().and_then(|shell| {
        let events = shell.subscribe();
        Ok((shell.watch()?, shell, events))
    });
    let (watcher, shell, events) = match opened {
        Ok(opened) => opened,
        Err(error) => return refused(context, &error),
    };
    let (tell, inputs) = channel();
    let signals = match SignalListener::start({
        let tell = tell.clone();
        move |signal| {
            drop(tell.send(Input::Signal(signal)));
            match signal {
                Signal::Hangup => Then::Listen,
                // It may hang in the writing of a line that nobody reads.
                Signal::End => Then::EndWithin(PATIENCE),
            }
        }
    }) {
        Ok(signals) => signals,
        Err(error) => {
            context.terminal.note(&format!("error: signals cannot be heard: {error}\n"));
            return Outcome::Failed;
        }
    };
    let forwarding = forward(events, tell.clone(), Upkeep::start(&shell, context.is_application()));
    let is_screen = context.terminal.is_interactive() && !args.plain && !context.is_json();
    let outcome = if is_screen {
        let is_degraded = shell.status().refusal.is_some();
        screen::run(&shell, (&tell, &inputs), is_degraded, context.terminal.has_color()).unwrap_or_else(
            |error| {
                context.terminal.note(&format!("error: the terminal cannot be used: {error}\n"));
                Outcome::Failed
            },
        )
    } else {
        print_lines(context, &shell, &watcher, &inputs)
    };
    // In this order: the thread that forwards ends when nobody is left to tell it of anything.
    drop((watcher, shell, signals, inputs));
    // It has no code of its own that could panic.
    let _ = forwarding.join();
    outcome
}

fn print_lines<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    shell: &Config<T>,
    watcher: &HotReloadWatcher,
    inputs: &mpsc::Receiver<Input>,
) -> Outcome {
    let mut lines = Lines::of(context);
    lines.loaded(&shell.snapshot(), &shell.status(), watcher.watching());
    for input in inputs {
        match input {
            Input::Event(event) => lines.event(&event, &shell.snapshot()),
            Input::Signal(Signal::Hangup) => lines.reloaded(shell.reload()),
            Input::Signal(Signal::End) => break,
            Input::Terminal(_) | Input::Lost(_) => {}
        }
        if context.terminal.is_closed() {
            return Outcome::Yes;
        }
    }
    lines.stopped();
    Outcome::Yes
}

/// A configuration that could not be opened, or not be watched.
fn refused(context: &Context, error: &ConfigError) -> Outcome {
    context.terminal.note(&error.to_string());
    if context.is_json() {
        Lines::of(context).refused(error);
    }
    match error {
        ConfigError::Refused { findings, .. } => verdict(findings),
        _ => Outcome::Failed,
    }
}

#[expect(clippy::disallowed_methods, reason = "it ends with the events, and is joined")]
fn forward(
    events: Receiver<ConfigReloadEvent>,
    tell: Sender<Input>,
    upkeep: Option<Upkeep>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for event in events {
            if let Some(upkeep) = &upkeep {
                upkeep.event(&event);
            }
            if tell.send(Input::Event(Box::new(event))).is_err() {
                break;
            }
        }
    })
}
