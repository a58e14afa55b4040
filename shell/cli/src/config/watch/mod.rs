//! `watch`: shows the reloads of a running configuration, as a dashboard or as lines.

use std::io;
use std::sync::mpsc::{self, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;
use serde::de::DeserializeOwned;
use speckit_core::config::redact::Masks;

use crate::args::{FallbackArg, WatchArgs};
use crate::context::{CommandResult, Context, Exit, Need};
use crate::signals::{ScreenSignal, Signal, SignalListener, Then};
use speckit::internal::clock;
use speckit::{
    Builder, Config, ConfigError, ConfigEvent, ConfigReloadEvent, Diagnostics, Fallback, HotReloadWatcher,
    Receiver,
};

mod dashboard;
mod event_printer;
mod screen;
mod vacuum;

use event_printer::EventPrinter;
use vacuum::HistoryVacuum;

/// How long the program may take to end after a signal, before the process is ended.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the end waits for the history.
const RECORD_TIMEOUT: Duration = Duration::from_millis(1500);

pub(crate) fn run(context: &Context, args: &WatchArgs) -> CommandResult {
    let watched = match &context.globals.schema {
        Some(path) => context.with_schema(path).map(|builder| watch(context, args, builder)),
        None => context
            .application()
            .map(|builder| watch(context, args, builder.history_settings(|settings| settings.store.clone()))),
    };
    watched.unwrap_or_else(|diagnostics| Err(context.refuse(&diagnostics)))
}

/// An input of the main loop.
enum WatchInput {
    /// An event, with the warnings of the generation that it published.
    Event(Box<ConfigReloadEvent>, Diagnostics),
    Signal(Signal),
    Key(KeyEvent),
    Screen(ScreenSignal),
    /// The terminal is closed.
    Lost(io::Error),
}

fn watch<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    args: &WatchArgs,
    builder: Builder<T>,
) -> CommandResult {
    let builder = context.recorded(builder, clock::since_epoch());
    let builder = context.with_lasting_trust(builder, Need::DATABASE);
    let builder = match args.fallback {
        Some(FallbackArg::Defaults) => builder.fallback(Fallback::Defaults),
        Some(FallbackArg::LastGood) => builder.fallback(Fallback::LastGood),
        None => builder,
    };
    let opened = builder.open().and_then(|config| {
        let events = config.subscribe();
        Ok((config.watch()?, config, events))
    });
    let (watcher, config, events) = opened.map_err(|error| report_refused(context, &error))?;
    let (sender, inputs) = channel();
    let signal_sender = sender.clone();
    let signals = SignalListener::start(move |signal| {
        drop(signal_sender.send(WatchInput::Signal(signal)));
        match signal {
            Signal::Reload => Then::Listen,
            // Writing to standard output may block if the other program no longer reads it.
            Signal::End => Then::EndWithin(SIGNAL_TIMEOUT),
        }
    });
    let signals = signals.map_err(|error| context.fail(format!("signals cannot be handled: {error}")))?;
    let forwarding = forward(events, sender.clone(), HistoryVacuum::start(&config, context.is_application()));
    let is_screen = context.terminal.shows_screen() && !args.plain && !context.is_json();
    let result = if is_screen {
        let fallback = config.status().refusal.and(args.fallback).map(|fallback| match fallback {
            FallbackArg::Defaults => "the defaults (--fallback defaults)",
            FallbackArg::LastGood => "the newest recorded generation (--fallback last-good)",
        });
        let shown = screen::run(&config, (&sender, &inputs), fallback, context.terminal.has_color());
        context.terminal.report(config.flush_history(RECORD_TIMEOUT).err().as_slice(), &Masks::default());
        shown.map_err(|error| context.fail(format!("the terminal cannot be used: {error}")))
    } else {
        print_events(context, &config, &watcher, &inputs);
        Ok(())
    };
    // Dropped before `join`: the forwarding thread ends when one of its channels is closed.
    drop((watcher, config, signals, inputs));
    // The thread runs no code that could panic.
    let _ = forwarding.join();
    result.map(|()| Exit::Ok)
}

fn print_events<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    config: &Config<T>,
    watcher: &HotReloadWatcher,
    inputs: &mpsc::Receiver<WatchInput>,
) {
    let mut printer = EventPrinter::new(context);
    printer.loaded(&config.snapshot(), &config.status(), watcher.watching());
    while !context.terminal.is_closed() {
        let Ok(input) = inputs.recv() else { break };
        match input {
            WatchInput::Event(event, warnings) => printer.event(&event, &warnings),
            WatchInput::Signal(Signal::Reload) => printer.reloaded(config.reload()),
            WatchInput::Signal(Signal::End) => break,
            WatchInput::Key(_) | WatchInput::Screen(_) | WatchInput::Lost(_) => {}
        }
    }
    printer.stopped(config.flush_history(RECORD_TIMEOUT).err());
}

/// Reports that the configuration could not be opened or watched.
fn report_refused(context: &Context, error: &ConfigError) -> Exit {
    context.terminal.note(&format!("{error}\n"));
    if context.is_json() {
        EventPrinter::new(context).refused(error);
    }
    match error {
        ConfigError::Refused { diagnostics, .. } => Exit::of_invalid(diagnostics),
        _ => Exit::Incomplete,
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread ends when the event channel closes, and is joined")]
fn forward<T: Send + Sync + 'static>(
    events: Receiver<ConfigEvent<T>>,
    sender: Sender<WatchInput>,
    mut vacuum: Option<HistoryVacuum>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for ConfigEvent { event, snapshot, .. } in events {
            if let Some(vacuum) = &mut vacuum {
                vacuum.event(&event);
            }
            let warnings = snapshot.map(|snapshot| snapshot.warnings().clone()).unwrap_or_default();
            if sender.send(WatchInput::Event(Box::new(event), warnings)).is_err() {
                break;
            }
        }
    })
}
