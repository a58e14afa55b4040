//! A terminal program that reloads its settings while it runs, but never during a quality gate.
//!
//! Run `cargo run -p speckit --example tui`, then edit `speckit.toml` in the working folder with another program. `g`
//! starts a gate, during which reloads wait; `r` reloads now; `q` quits.
#![expect(clippy::disallowed_methods, reason = "a program has a clock, files and threads of its own")]

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode};
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::{Block, Gauge, Paragraph};
use speckit::app::{AppConfig, ConfigLoader};
use speckit::{Busy, Config, ConfigError, ConfigEvent, ConfigReloadEvent, Receiver};

/// How long a gate takes in this example.
const GATE_TIME: Duration = Duration::from_secs(8);

struct App {
    config: Config<AppConfig>,
    events: Receiver<ConfigEvent<AppConfig>>,
    /// Descriptions of the events, newest last.
    notifications: Vec<String>,
    gate: Option<RunningGate>,
}

/// A running quality gate. Its guard defers reloads until it is dropped.
struct RunningGate {
    began: Instant,
    _guard: Busy,
}

impl App {
    fn new(config: Config<AppConfig>) -> Self {
        let events = config.subscribe();
        Self { config, events, notifications: Vec::new(), gate: None }
    }

    fn start_gate(&mut self, now: Instant) {
        let guard = self.config.busy();
        self.gate.get_or_insert(RunningGate { began: now, _guard: guard });
    }

    /// Ends the gate when its time is over, and takes the new events. Called in each round of the loop.
    fn tick(&mut self, now: Instant) {
        self.gate.take_if(|gate| now.duration_since(gate.began) >= GATE_TIME);
        while let Ok(event) = self.events.try_recv() {
            self.notifications.push(notification(&event));
        }
    }

    fn draw(&self, frame: &mut Frame, now: Instant) {
        let [settings, gate, log] =
            Layout::vertical([Constraint::Length(5), Constraint::Length(3), Constraint::Min(3)])
                .areas(frame.area());
        // One snapshot for the whole frame, so that all its lines are of one generation.
        let snapshot = self.config.snapshot();
        let config = snapshot.settings();
        let lines = vec![
            Line::from(format!("quiet period    {} ms", config.hot_reload.debounce_ms)),
            Line::from(format!("attempts        {}", config.retry.max_attempts)),
            Line::from(format!("models          {}", config.models.len())),
        ];
        let title = format!(" generation {} ", snapshot.generation());
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), settings);
        let done = self.gate.as_ref().map_or(0.0, |gate| {
            (now.duration_since(gate.began).as_secs_f64() / GATE_TIME.as_secs_f64()).clamp(0.0, 1.0)
        });
        let label = if self.gate.is_some() { "the gate runs, reloads wait" } else { "g runs a gate" };
        frame.render_widget(Gauge::default().ratio(done).label(label).block(Block::bordered()), gate);
        let rows = usize::from(log.height.saturating_sub(2));
        let newest = self.notifications.iter().rev().take(rows).rev().map(|line| Line::from(line.as_str()));
        let log_block = Block::bordered().title(" events (r reload, q quit) ");
        frame.render_widget(Paragraph::new(newest.collect::<Vec<_>>()).block(log_block), log);
    }
}

fn notification(event: &ConfigReloadEvent) -> String {
    match event {
        ConfigReloadEvent::FileChanged { paths } => {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            format!("{} changed", names.join(", "))
        }
        ConfigReloadEvent::ReloadSuccess { generation, changed, .. } => {
            let keys: Vec<String> = changed.iter().map(|change| change.key.to_string()).collect();
            format!("generation {generation} is in use: {}", keys.join(", "))
        }
        ConfigReloadEvent::ReloadFailed { diagnostics, .. } => match diagnostics.first() {
            Some(first) => format!("refused: {}: {}", first.key, first.message),
            None => "refused".into(),
        },
        ConfigReloadEvent::ReloadDeferred { .. } => "a reload waits for the gate".into(),
        other => format!("{other:?}"),
    }
}

fn run(app: &mut App) -> std::io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let ended = loop {
        let now = Instant::now();
        app.tick(now);
        if let Err(error) = terminal.draw(|frame| app.draw(frame, now)) {
            break Err(error);
        }
        match event::poll(Duration::from_millis(50))
            .and_then(|is_there| is_there.then(event::read).transpose())
        {
            Ok(Some(Event::Key(key))) => match key.code {
                KeyCode::Char('q') | KeyCode::Esc => break Ok(()),
                KeyCode::Char('g') => app.start_gate(now),
                // Its result arrives as an event.
                KeyCode::Char('r') => drop(app.config.reload()),
                _ => {}
            },
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    ratatui::try_restore()?;
    ended
}

fn open() -> Result<Config<AppConfig>, ConfigError> {
    ConfigLoader::new("speckit.toml").open()
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]
fn main() -> ExitCode {
    let config = match open() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if !std::io::stdout().is_terminal() {
        println!("{} models; run it on a terminal to see more", config.load().models.len());
        return ExitCode::SUCCESS;
    }
    // Dropping it ends the watching.
    let watcher = match config.watch() {
        Ok(watcher) => watcher,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = run(&mut App::new(config));
    drop(watcher);
    if let Err(error) = ended {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use speckit::Environment;

    fn screen(app: &App, now: Instant) -> String {
        let mut terminal = Terminal::new(TestBackend::new(64, 14)).unwrap();
        terminal.draw(|frame| app.draw(frame, now)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_reload_waits_for_the_gate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speckit.toml");
        let config = ConfigLoader::new(&path).environment(Environment::default()).open().unwrap();
        let mut app = App::new(config);
        let now = Instant::now();
        app.start_gate(now);
        std::fs::write(&path, "[hot_reload]\ndebounce_ms = 900\n").unwrap();
        app.config.reload().unwrap();
        app.tick(now);
        let during = screen(&app, now);
        assert!(during.contains("2000 ms") && during.contains("a reload waits for the gate"), "{during}");
        app.tick(now + GATE_TIME);
        // The end of the gate did the deferred reload; its event is taken in the next round.
        app.tick(now + GATE_TIME);
        let after = screen(&app, now + GATE_TIME);
        assert!(after.contains("900 ms") && after.contains("generation 2 is in use"), "{after}");
    }

    #[test]
    fn an_invalid_edit_is_reported_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speckit.toml");
        let config = ConfigLoader::new(&path).environment(Environment::default()).open().unwrap();
        let mut app = App::new(config);
        std::fs::write(&path, "[retry]\nmax_attempts = 0\n").unwrap();
        app.config.reload().unwrap_err();
        let now = Instant::now();
        app.tick(now);
        let screen = screen(&app, now);
        assert!(screen.contains("refused: retry.max_attempts: expected at least 1"), "{screen}");
        assert!(screen.contains("attempts        3"), "{screen}");
    }
}
