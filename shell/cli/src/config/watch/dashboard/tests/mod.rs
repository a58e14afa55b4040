//! A sample dashboard, and its frames.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::source::{Language, parse};
use speckit_core::tree::diff::Change;
use speckit_core::{Code, Diagnostic, Key, LayerKind, Source};

use super::{Dashboard, DashboardCommand, DashboardMessage, Leaf, draw};
use speckit::{ConfigReloadEvent, Diagnostics, Status, Watching};

mod frames;
mod picture;
mod random_messages;

const FILE: &str = "[store]\npath = 'runs.db'\n\n[hot_reload]\n# in milliseconds\ndebounce_ms = 100\n";

/// Draws a frame, two seconds after the second reload of [`dashboard`].
pub(super) fn drawn(dashboard: &mut Dashboard, width: u16, height: u16, has_color: bool) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, dashboard, Duration::from_millis(7_100), has_color)).unwrap();
    terminal.backend().buffer().clone()
}

pub(super) fn press(dashboard: &mut Dashboard, code: KeyCode) -> DashboardCommand {
    dashboard.update(DashboardMessage::Key(KeyEvent::from(code)))
}

/// Presses the keys of these characters.
pub(super) fn write(dashboard: &mut Dashboard, text: &str) {
    for c in text.chars() {
        assert_eq!(press(dashboard, KeyCode::Char(c)), DashboardCommand::None, "{c}");
    }
}

/// A second after its second reload: one change, one key that waits for a restart.
pub(super) fn dashboard() -> Dashboard {
    let mut dashboard = Dashboard::default();
    let after = Duration::from_millis;
    dashboard.update(DashboardMessage::Configuration { generation: 4, leaves: leaves(), fallback: None });
    for (event, at) in [
        (ConfigReloadEvent::FileChanged { paths: vec!["speckit.toml".into()] }, after(3_100)),
        (
            ConfigReloadEvent::ReloadSuccess {
                generation: 4,
                changed: vec![change("models.gemini.tier", Some("'low'"), Some("'high'"))],
                pending_restart: vec![Key::of(["store", "path"])],
                elapsed: Duration::from_micros(412),
                recorded: speckit::RecordState::Recorded,
            },
            after(5_100),
        ),
    ] {
        dashboard.update(DashboardMessage::Event { event, at });
    }
    dashboard.update(DashboardMessage::Status { status: status(), at: after(6_100) });
    dashboard
}

pub(super) fn leaves() -> Vec<Leaf> {
    [
        ("hot_reload.debounce_ms", "2000", "defaults.toml:31:15"),
        ("hot_reload.enabled", "true", "defaults.toml:30:11"),
        ("hot_reload.watch_paths", "[\"config.toml\"]", "defaults.toml:32:15"),
        ("models.claude.model", "\"claude-opus-4\"", "defaults.toml:9:9"),
        ("models.gemini.model", "\"gemini-2.5-pro\"", "speckit.toml:12:9"),
        ("models.gemini.tier", "\"high\"", "speckit.toml:13:8"),
        ("models.gpt_pro.model", "\"gpt-5-pro\"", "SPECKIT_MODELS__GPT_PRO__MODEL"),
        ("models.gpt_pro.provider", "\"openai\"", "defaults.toml:20:12"),
        ("providers.openai.api_key", "[redacted]", "speckit.toml:22:11"),
        ("quality_gates.plan", "[\"claude\", \"gemini\"]", "--set"),
        ("retry.max_attempts", "3", "defaults.toml:41:16"),
        ("store.path", "\"runs.db\"", "speckit.toml:2:8"),
    ]
    .map(|(key, value, origin)| Leaf { key: key.into(), value: value.into(), origin: origin.into() })
    .into()
}

pub(super) fn with(mut status: Status, change: impl FnOnce(&mut Status)) -> Status {
    change(&mut status);
    status
}

/// A status without alerts.
pub(super) fn status() -> Status {
    with(Status::default(), |status| {
        status.generation = 4;
        status.age = Duration::from_secs(12);
        status.reloads = 3;
        status.refusals = 1;
        status.last_reload = Some(Duration::from_micros(412));
        status.p95_reload = Some(Duration::from_micros(900));
        status.watching = Watching::Native;
    })
}

/// Two errors, the first with a place.
pub(super) fn refusal() -> Diagnostics {
    let key = Key::of(["hot_reload", "debounce_ms"]);
    let source = Source::document(LayerKind::File, "speckit.toml", FILE);
    let layer = parse(&source, Language::Toml).unwrap();
    let diagnostics = vec![
        Diagnostic::error(Code::SchemaMinimum, key.clone(), "expected at least 500, found 100")
            .at(layer.root().get(&key).unwrap().origin())
            .help("the range is 500 to 10000"),
        Diagnostic::error(
            Code::GateAgentCount,
            Key::of(["quality_gates", "plan"]),
            "expected 1 to 5 names, found none",
        ),
    ];
    let report = render(&diagnostics, &Masks::of([&layer], &|_, _| false), Style::default());
    Diagnostics::new(diagnostics, report)
}

/// One warning of the system.
pub(super) fn warning() -> Diagnostics {
    let diagnostic =
        Diagnostic::warning(Code::WatchLimit, Key::root(), "no more inotify watches: reading every 1 s")
            .help("raise fs.inotify.max_user_watches");
    let report = render(std::slice::from_ref(&diagnostic), &Masks::default(), Style::default());
    Diagnostics::new(vec![diagnostic], report)
}

/// A change between two values, each written as TOML.
pub(super) fn change(key: &str, old: Option<&str>, new: Option<&str>) -> Change {
    let value = |text: &str| {
        let source = Source::document(LayerKind::File, "a.toml", Arc::from(format!("x = {text}")));
        parse(&source, Language::Toml).unwrap().root().member("x").unwrap().clone()
    };
    Change { key: key.parse().unwrap(), old: old.map(value), new: new.map(value) }
}
