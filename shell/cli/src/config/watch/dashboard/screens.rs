//! Whole screens, as a person sees them.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::style::{Color, Modifier};

use super::{Dashboard, Leaf, Message, draw, samples};
use speckit::{ConfigReloadEvent, Status};

const NOW: Duration = Duration::from_millis(7_100);

pub(super) fn drawn(dashboard: &Dashboard, width: u16, height: u16, has_color: bool) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, dashboard, NOW, has_color)).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows between bars; what a wide character covers is left out.
fn screen(dashboard: &mut Dashboard, width: u16, height: u16) -> String {
    dashboard.update(Message::Resized { width, height });
    let buffer = drawn(dashboard, width, height, false);
    let mut text = String::new();
    for y in 0..height {
        let (mut row, mut x) = (String::new(), 0);
        while x < width {
            row.push_str(buffer[(x, y)].symbol());
            x += buffer[(x, y)].cell_width().max(1);
        }
        text.push_str(&format!("|{}\n", row.trim_end()));
    }
    text
}

fn press(dashboard: &mut Dashboard, keys: &str) {
    for c in keys.chars() {
        dashboard.update(Message::Key(KeyEvent::from(KeyCode::Char(c))));
    }
}

/// Refused, busy, with a key that waits for a restart.
fn troubled() -> Dashboard {
    let mut dashboard = samples::dashboard();
    let event = ConfigReloadEvent::ReloadFailed { generation: 4, diagnostics: samples::refusal() };
    dashboard.update(Message::Event { event, at: Duration::from_millis(6_500) });
    let status = Status {
        refusal: Some(samples::refusal()),
        busy: 1,
        pending_restart: vec![samples::change("store.path", Some("'runs.db'"), Some("'b.db'"))],
        ..samples::status()
    };
    dashboard.update(Message::Status { status, at: Duration::from_millis(6_600) });
    dashboard
}

#[test]
fn all_is_well_on_80x24() {
    insta::assert_snapshot!(screen(&mut samples::dashboard(), 80, 24), @r#"
    |speckit watch speckit.toml · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    |▶ configuration 1/12 ───────────────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15
    |   hot_reload.enabled        true                  defaults.toml:30:11
    |   hot_reload.watch_paths    ["config.toml"]       defaults.toml:32:15
    |   models.claude.model       "claude-opus-4"       defaults.toml:9:9
    |   models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9
    | * models.gemini.tier        "high"                speckit.toml:13:8
    |   models.gpt_pro.model      "gpt-5-pro"           …ECKIT_MODELS__GPT_PRO__MODEL
    |   models.gpt_pro.provider   "openai"              defaults.toml:20:12
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11
    |   quality_gates.plan        ["claude", "gemini"]  --set
    |   retry.max_attempts        3                     defaults.toml:41:16
    |─ events 2 ─────────────────────────────────────────────────────────────────────
    |00:03.1 changed: speckit.toml
    |00:05.1 reloaded in 0.4 ms: generation 4: 1 key changed
    |  ~ models.gemini.tier: "low" → "high"
    |  ! store.path waits until the program starts again
    |
    |
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn refused_on_80x24() {
    insta::assert_snapshot!(screen(&mut troubled(), 80, 24), @r#"
    |speckit watch speckit.toml · generation 4, 12 s old · busy: 1 guard
    |native events · 3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500,
    |    found 100 (and 1 more)
    | PENDING RESTART: store.path
    |▶ configuration 1/12 ───────────────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15
    |   hot_reload.enabled        true                  defaults.toml:30:11
    |   hot_reload.watch_paths    ["config.toml"]       defaults.toml:32:15
    |   models.claude.model       "claude-opus-4"       defaults.toml:9:9
    |   models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9
    | * models.gemini.tier        "high"                speckit.toml:13:8
    |   models.gpt_pro.model      "gpt-5-pro"           …ECKIT_MODELS__GPT_PRO__MODEL
    |   models.gpt_pro.provider   "openai"              defaults.toml:20:12
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11
    |─ events 3 ─────────────────────────────────────────────────────────────────────
    |00:06.5 REFUSED: generation 4 stays in force
    |  error[schema/minimum]: hot_reload.debounce_ms: expected at least 500, found
    |    100
    |   --> speckit.toml:6:15
    |    |
    |  6 | debounce_ms = 100
    |    |               ^^^
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn refused_side_by_side_on_140x20() {
    insta::assert_snapshot!(screen(&mut troubled(), 140, 20), @r#"
    |speckit watch speckit.toml · generation 4, 12 s old · busy: 1 guard · native events · 3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    |
    | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found 100 (and 1 more)
    | PENDING RESTART: store.path
    |▶ configuration 1/12 ──────────────────────────────────────────────────────── │ ─ events 3 ─────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15        │   ~ models.gemini.tier: "low" → "high"
    |   hot_reload.enabled        true                  defaults.toml:30:11        │   ! store.path waits until the program starts again
    |   hot_reload.watch_paths    ["config.toml"]       defaults.toml:32:15        │ 00:06.5 REFUSED: generation 4 stays in force
    |   models.claude.model       "claude-opus-4"       defaults.toml:9:9          │   error[schema/minimum]: hot_reload.debounce_ms: expected at
    |   models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9          │     least 500, found 100
    | * models.gemini.tier        "high"                speckit.toml:13:8          │    --> speckit.toml:6:15
    |   models.gpt_pro.model      "gpt-5-pro"           …IT_MODELS__GPT_PRO__MODEL │     |
    |   models.gpt_pro.provider   "openai"              defaults.toml:20:12        │   6 | debounce_ms = 100
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11         │     |               ^^^
    |   quality_gates.plan        ["claude", "gemini"]  --set                      │     |
    |   retry.max_attempts        3                     defaults.toml:41:16        │     = help: the range is 500 to 10000
    | ! store.path                "runs.db"             speckit.toml:2:8           │   error[gate/agent-count]: quality_gates.plan: expected 1 to
    |                                                                              │     5 names, found none
    |                                                                              │   2 errors
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn refused_on_40x10() {
    insta::assert_snapshot!(screen(&mut troubled(), 40, 10), @r#"
    |speckit watch … · generation 4, 12 s old
    |busy: 1 guard · native events · 3 reloa…
    | REFUSED: speckit.toml:6:15:
    |    hot_reload.debounce_ms: expected at…
    | PENDING RESTART: store.path
    |▶ configuration 1/12 ───────────────────
    |>  …eload.debounce_ms  2000
    |   hot_reload.enabled  true
    |   …eload.watch_paths  ["config.toml"]
    |q quit  ? help  r reload  b busy on/off
    "#);
    let mut dashboard = troubled();
    dashboard.update(Message::Key(KeyEvent::from(KeyCode::Tab)));
    insta::assert_snapshot!(screen(&mut dashboard, 40, 10), @"
    |speckit watch … · generation 4, 12 s old
    |busy: 1 guard · native events · 3 reloa…
    | REFUSED: speckit.toml:6:15:
    |    hot_reload.debounce_ms: expected at…
    | PENDING RESTART: store.path
    |▶ events 3 ─────────────────────────────
    |00:06.5 REFUSED: generation 4 stays in
    |    force
    |  error[schema/minimum]:
    |q quit  ? help  r reload  b busy on/off
    ");
}

#[test]
fn before_anything_is_known_on_60x12() {
    insta::assert_snapshot!(screen(&mut Dashboard::new("speckit watch"), 60, 12), @"
    |speckit watch · starting
    |
    |▶ configuration 0/0 ────────────────────────────────────────
    |  no keys
    |
    |
    |
    |─ events 0 ─────────────────────────────────────────────────
    |  nothing has happened yet
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain
    ");
}

#[test]
fn a_degraded_start_on_80x12() {
    let mut dashboard = Dashboard::new("speckit watch speckit.toml");
    let fallback = Some("the defaults alone (--fallback defaults)".into());
    dashboard.update(Message::Configuration { generation: 1, leaves: samples::leaves(), fallback });
    insta::assert_snapshot!(screen(&mut dashboard, 80, 12), @r#"
    |speckit watch speckit.toml · generation 1
    |
    | DEGRADED: in place of the files runs the defaults alone (--fallback defaults)
    |▶ configuration 1/12 ───────────────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15
    |   hot_reload.enabled        true                  defaults.toml:30:11
    |   hot_reload.watch_paths    ["config.toml"]       defaults.toml:32:15
    |─ events 0 ─────────────────────────────────────────────────────────────────────
    |  nothing has happened yet
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn a_filter_while_it_is_typed_on_80x14() {
    let mut dashboard = samples::dashboard();
    press(&mut dashboard, "/SPECKIT.toml");
    insta::assert_snapshot!(screen(&mut dashboard, 80, 14), @r#"
    |speckit watch speckit.toml · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    |▶ configuration 1/4 (of 12)  /SPECKIT.toml_ ────────────────────────────────────
    |>  models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9
    | * models.gemini.tier        "high"                speckit.toml:13:8
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11
    |   store.path                "runs.db"             speckit.toml:2:8
    |
    |─ events 2 ─────────────────────────────────────────────────────────────────────
    |00:03.1 changed: speckit.toml
    |00:05.1 reloaded in 0.4 ms: generation 4: 1 key changed
    |  ~ models.gemini.tier: "low" → "high"
    |  ! store.path waits until the program starts again
    |Enter keep  Esc clear  ↑↓ move
    "#);
    press(&mut dashboard, "x");
    insta::assert_snapshot!(screen(&mut dashboard, 80, 14), @r#"
    |speckit watch speckit.toml · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    |▶ configuration 0/0 (of 12)  /SPECKIT.tomlx_ ───────────────────────────────────
    |  no key, value or origin has it: Esc clears
    |
    |
    |
    |
    |─ events 2 ─────────────────────────────────────────────────────────────────────
    |00:03.1 changed: speckit.toml
    |00:05.1 reloaded in 0.4 ms: generation 4: 1 key changed
    |  ~ models.gemini.tier: "low" → "high"
    |  ! store.path waits until the program starts again
    |Enter keep  Esc clear  ↑↓ move
    "#);
}

#[test]
fn an_explanation_and_what_became_of_a_key_on_80x16() {
    let mut dashboard = samples::dashboard();
    dashboard.update(Message::Replied("nothing changed".into()));
    let text = "hot_reload.debounce_ms = 2000\n  won: defaults.toml:31:15\n\ninteger from 500 to 10000\n\
                variable: SPECKIT_HOT_RELOAD__DEBOUNCE_MS\n";
    let before = screen(&mut dashboard, 80, 16);
    insta::assert_snapshot!(before.lines().last().unwrap(), @"| nothing changed   q quit  ? help  r reload  b busy on/off  / filter  e explain");
    dashboard.update(Message::Explained { key: "hot_reload.debounce_ms".into(), text: Some(text.into()) });
    insta::assert_snapshot!(screen(&mut dashboard, 80, 16), @r#"
    |speckit watch speckit.toml · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms
    |▶ configuration 1/12 ───────────────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15
    |   ┌ hot_reload.debounce_ms ────────────────────────────────────────────────┐
    |   │ hot_reload.debounce_ms = 2000                                          │
    |   │   won: defaults.toml:31:15                                             │
    |   │                                                                        │
    | * │ integer from 500 to 10000                                              │
    |─  │ variable: SPECKIT_HOT_RELOAD__DEBOUNCE_MS                              │───
    |00 └ Esc close ─────────────────────────────────────────────────────────────┘
    |00:05.1 reloaded in 0.4 ms: generation 4: 1 key changed
    |  ~ models.gemini.tier: "low" → "high"
    |  ! store.path waits until the program starts again
    |
    | nothing changed   Esc close  ↑↓ scroll
    "#);
}

#[test]
fn the_help_on_60x16_scrolled() {
    let mut dashboard = samples::dashboard();
    press(&mut dashboard, "?");
    insta::assert_snapshot!(screen(&mut dashboard, 60, 16), @"
    |speckit watch speckit.toml · generation 4, 13 s old · idle
    |native events
    |3  ┌ keys ──────────────────────────────────────────────┐
    |▶  │ r             reload now                           │───
    |>  │ b             busy on/off: reloads wait while on   │:15
    |   │ /             filter by key, value or origin;      │:11
    |   │               Enter keeps it, Esc clears it        │:15
    |   │ Enter, e      explain the selected key             │:9
    |   │ Up, Down      move; also k, j                      │:9
    | * │ PgUp, PgDn    move by a page                       │:8
    |─  │ Home, End     to the first, to the last; also g, G │───
    |00 │ Tab           from the tree to the events and back │
    |00 │ ?             these keys                           │
    |   └ Esc close  ↑0 ↓5 ──────────────────────────────────┘
    |  ! store.path waits until the program starts again
    |Esc close  ↑↓ scroll
    ");
    press(&mut dashboard, "G");
    insta::assert_snapshot!(screen(&mut dashboard, 60, 16), @"
    |speckit watch speckit.toml · generation 4, 13 s old · idle
    |native events
    |3  ┌ keys ──────────────────────────────────────────────┐
    |▶  │ Up, Down      move; also k, j                      │───
    |>  │ PgUp, PgDn    move by a page                       │:15
    |   │ Home, End     to the first, to the last; also g, G │:11
    |   │ Tab           from the tree to the events and back │:15
    |   │ ?             these keys                           │:9
    |   │ q, Ctrl-C     quit                                 │:9
    | * │                                                    │:8
    |─  │ >  selected                                        │───
    |00 │ *  changed by the last reload                      │
    |00 │ !  keeps its running value until a restart         │
    |   └ Esc close  ↑5 ↓0 ──────────────────────────────────┘
    |  ! store.path waits until the program starts again
    |Esc close  ↑↓ scroll
    ");
}

#[test]
fn wide_and_control_characters_on_60x12() {
    let leaf = |key: &str, value: &str| Leaf {
        key: key.into(),
        value: value.into(),
        origin: "世界.toml:1:1".into(),
    };
    let leaves = vec![
        leaf("地図.ひらがな", "\"日本語のとても長い値がここにあります\""),
        leaf("a\u{1b}[2J", "\u{7}bell\r\nnext \u{202e}turned"),
        leaf("e\u{301}moji", "\"👩‍👩‍👧 ok\""),
    ];
    let mut dashboard = Dashboard::new("t\u{1b}]0;title\u{7}");
    dashboard.update(Message::Configuration { generation: 1, leaves, fallback: Some("\u{9b}31m".into()) });
    insta::assert_snapshot!(screen(&mut dashboard, 60, 12), @r#"
    |t\u{1b}]0;title\u{7} · generation 1
    |
    | DEGRADED: in place of the files runs \u{9b}31m
    |▶ configuration 1/3 ────────────────────────────────────────
    |>  地図.ひらがな  "日本語のとても長い値がこ…   世界.toml:1:1
    |   a\u{1b}[2J     \u{7}bell\r\nnext \u{202e}…  世界.toml:1:1
    |   émoji          "👩\u{200d}👩\u{200d}👧 ok"  世界.toml:1:1
    |─ events 0 ─────────────────────────────────────────────────
    |  nothing has happened yet
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain
    "#);
}

#[test]
fn states_are_reversed_and_coloured_only_where_colour_is_wanted() {
    let colours = |has_color| {
        let buffer = drawn(&troubled(), 80, 24, has_color);
        let alarm = buffer[(1, 2)].clone();
        assert!(alarm.symbol() == "R" && alarm.modifier.contains(Modifier::REVERSED | Modifier::BOLD));
        assert!(buffer[(79, 2)].modifier.contains(Modifier::REVERSED), "the whole row");
        (
            alarm.fg,
            buffer.content.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count(),
        )
    };
    assert_eq!(colours(false), (Color::Reset, 0));
    assert_eq!(colours(true).0, Color::Red);
}

#[test]
fn the_rows_stay_where_they_are_while_the_selection_moves_among_them() {
    let mut dashboard = samples::dashboard();
    dashboard.update(Message::Resized { width: 80, height: 12 });
    let first_row = |dashboard: &Dashboard| {
        let buffer = drawn(dashboard, 80, 12, false);
        (3..40).map(|x| buffer[(x, 3)].symbol()).collect::<String>()
    };
    press(&mut dashboard, "G");
    let before = first_row(&dashboard);
    press(&mut dashboard, "kkk");
    assert_eq!(first_row(&dashboard), before);
    press(&mut dashboard, "k");
    assert_ne!(first_row(&dashboard), before);
}

#[test]
fn the_selected_row_is_reversed_where_the_keys_move_it() {
    let is_reversed = |dashboard: &Dashboard| {
        let buffer = drawn(dashboard, 80, 24, false);
        let selected = (0..24).find(|y| buffer[(0, *y)].symbol() == ">").unwrap();
        buffer[(40, selected)].modifier.contains(Modifier::REVERSED)
    };
    let mut dashboard = samples::dashboard();
    assert!(is_reversed(&dashboard));
    dashboard.update(Message::Key(KeyEvent::from(KeyCode::Tab)));
    assert!(!is_reversed(&dashboard));
}
