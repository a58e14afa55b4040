//! Whole frames.

use std::time::Duration;

use ratatui::buffer::CellWidth as _;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};

use super::{
    Dashboard, DashboardMessage, Leaf, change, dashboard, drawn, press, refusal, status, with, write,
};
use speckit::ConfigReloadEvent;

/// The rows, each after a bar, without the cells that a wide character covers.
fn frame(dashboard: &mut Dashboard, width: u16, height: u16) -> String {
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

/// Refused, busy, with a key that waits for a restart.
fn with_every_alert() -> Dashboard {
    let mut dashboard = dashboard();
    let event = ConfigReloadEvent::ReloadFailed { generation: 4, diagnostics: refusal() };
    dashboard.update(DashboardMessage::Event { event, at: Duration::from_millis(6_500) });
    let status = with(status(), |status| {
        status.refusal = Some(refusal());
        status.busy = 1;
        status.pending_restart = vec![change("store.path", Some("'runs.db'"), Some("'b.db'"))];
    });
    dashboard.update(DashboardMessage::Status { status, at: Duration::from_millis(6_600) });
    dashboard
}

#[test]
fn refused_on_80x24() {
    insta::assert_snapshot!(frame(&mut with_every_alert(), 80, 24), @r#"
    |speckit watch · generation 4, 12 s old · busy: 1 guard · native events
    |3 reloads, 1 refused, last 412 µs, p95 900 µs
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
    |   quality_gates.plan        ["claude", "gemini"]  --set
    |─ events 3 ─────────────────────────────────────────────────────────────────────
    |00:06.5 REFUSED: generation 4 stays in use                                     ▲
    |  error[schema/minimum]: hot_reload.debounce_ms: expected at least 500, found  ║
    |    100                                                                        █
    |   --> speckit.toml:6:15                                                       █
    |    |                                                                          ║
    |  6 | debounce_ms = 100                                                        ▼
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn refused_side_by_side_on_140x20() {
    insta::assert_snapshot!(frame(&mut with_every_alert(), 140, 20), @r#"
    |speckit watch · generation 4, 12 s old · busy: 1 guard · native events · 3 reloads, 1 refused, last 412 µs, p95 900 µs
    | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found 100 (and 1 more)
    | PENDING RESTART: store.path
    |▶ configuration 1/12 ─────────────────────────────────────────────────────── ┌─ events 3 ───────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15       │00:05.1 reloaded in 412 µs: generation 4: 1 key changed      ▲
    |   hot_reload.enabled        true                  defaults.toml:30:11       │  ~ models.gemini.tier: "low" → "high"                       ║
    |   hot_reload.watch_paths    ["config.toml"]       defaults.toml:32:15       │  ! store.path waits for a restart                           █
    |   models.claude.model       "claude-opus-4"       defaults.toml:9:9         │00:06.5 REFUSED: generation 4 stays in use                   █
    |   models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9         │  error[schema/minimum]: hot_reload.debounce_ms: expected at █
    | * models.gemini.tier        "high"                speckit.toml:13:8         │    least 500, found 100                                     █
    |   models.gpt_pro.model      "gpt-5-pro"           …T_MODELS__GPT_PRO__MODEL │   --> speckit.toml:6:15                                     █
    |   models.gpt_pro.provider   "openai"              defaults.toml:20:12       │    |                                                        █
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11        │  6 | debounce_ms = 100                                      █
    |   quality_gates.plan        ["claude", "gemini"]  --set                     │    |               ^^^                                      █
    |   retry.max_attempts        3                     defaults.toml:41:16       │    |                                                        █
    | ! store.path                "runs.db"             speckit.toml:2:8          │    = help: the range is 500 to 10000                        █
    |                                                                             │  error[gate/agent-count]: quality_gates.plan: expected 1 to █
    |                                                                             │    5 names, found none                                      █
    |                                                                             │  2 errors                                                   ▼
    |q quit  ? help  r reload  b busy on/off  / filter  e explain  Tab focus  ↑↓ move
    "#);
}

#[test]
fn refused_on_40x10() {
    insta::assert_snapshot!(frame(&mut with_every_alert(), 40, 10), @r#"
    |speckit watch · generation 4, 12 s old
    |busy: 1 guard · native events
    | REFUSED + PENDING RESTART:
    |    speckit.toml:6:15:
    |    hot_reload.debounce_ms: expected at
    |▶ configuration 1/12 ───────────────────
    |>  …load.debounce_ms  2000
    |   …t_reload.enabled  true
    |   …load.watch_paths  ["config.toml"]
    |q quit  ? help  r reload  b busy on/off
    "#);
    let mut dashboard = with_every_alert();
    press(&mut dashboard, KeyCode::Tab);
    insta::assert_snapshot!(frame(&mut dashboard, 40, 10), @"
    |speckit watch · generation 4, 12 s old
    |busy: 1 guard · native events
    | REFUSED + PENDING RESTART:
    |    speckit.toml:6:15:
    |    hot_reload.debounce_ms: expected at
    |▶ events 3 ─────────────────────────────
    |00:06.5 REFUSED: generation 4 stays in ▲
    |    use                                █
    |  error[schema/minimum]:               ▼
    |q quit  ? help  r reload  b busy on/off
    ");
}

#[test]
fn an_empty_dashboard_on_60x12() {
    insta::assert_snapshot!(frame(&mut Dashboard::default(), 60, 12), @"
    |speckit watch · starting
    |▶ configuration 0/0 ────────────────────────────────────────
    |  no keys
    |
    |
    |
    |
    |─ events 0 ─────────────────────────────────────────────────
    |  no events yet
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain
    ");
}

#[test]
fn a_filter_while_it_is_typed_on_80x14() {
    let mut dashboard = dashboard();
    write(&mut dashboard, "/SPECKIT.toml");
    insta::assert_snapshot!(frame(&mut dashboard, 80, 14), @r#"
    |speckit watch · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 412 µs, p95 900 µs
    |▶ configuration 1/4 (of 12)  /SPECKIT.toml_ ────────────────────────────────────
    |>  models.gemini.model       "gemini-2.5-pro"      speckit.toml:12:9
    | * models.gemini.tier        "high"                speckit.toml:13:8
    |   providers.openai.api_key  [redacted]            speckit.toml:22:11
    |   store.path                "runs.db"             speckit.toml:2:8
    |
    |
    |─ events 2 ─────────────────────────────────────────────────────────────────────
    |00:05.1 reloaded in 412 µs: generation 4: 1 key changed                        ▲
    |  ~ models.gemini.tier: "low" → "high"                                         █
    |  ! store.path waits for a restart                                             ▼
    |Enter keep  Esc clear  ↑↓ move
    "#);
    write(&mut dashboard, "x");
    let without_match = frame(&mut dashboard, 80, 14);
    assert!(without_match.contains("configuration 0/0 (of 12)  /SPECKIT.tomlx_ "), "{without_match}");
    assert!(without_match.contains("no match in keys, values or origins: Esc clears"), "{without_match}");
}

#[test]
fn an_explanation_and_the_reply_to_a_key_on_80x16() {
    let mut dashboard = dashboard();
    dashboard.update(DashboardMessage::Replied("nothing changed".into()));
    let text = "hot_reload.debounce_ms = 2000\n  won: defaults.toml:31:15\n\ninteger from 500 to 10000\n\
                variable: SPECKIT_HOT_RELOAD__DEBOUNCE_MS\n";
    let before = frame(&mut dashboard, 80, 16);
    insta::assert_snapshot!(before.lines().last().unwrap(), @"| nothing changed   q quit  ? help  r reload  b busy on/off  / filter  e explain");
    dashboard.update(DashboardMessage::Explained {
        key: "hot_reload.debounce_ms".into(),
        text: Some(text.into()),
    });
    insta::assert_snapshot!(frame(&mut dashboard, 80, 16), @r#"
    |speckit watch · generation 4, 13 s old · idle · native events
    |3 reloads, 1 refused, last 412 µs, p95 900 µs
    |▶ configuration 1/12 ───────────────────────────────────────────────────────────
    |>  hot_reload.debounce_ms    2000                  defaults.toml:31:15
    |   hot_reload.enabled        true                  defaults.toml:30:11
    |┌ hot_reload.debounce_ms ──────────────────────────────────────────────────────┐
    |│ hot_reload.debounce_ms = 2000                                                │
    |│   won: defaults.toml:31:15                                                   │
    |│                                                                              │
    |│ integer from 500 to 10000                                                    │
    |│ variable: SPECKIT_HOT_RELOAD__DEBOUNCE_MS                                    │
    |└ Esc close ───────────────────────────────────────────────────────────────────┘
    |00:05.1 reloaded in 412 µs: generation 4: 1 key changed
    |  ~ models.gemini.tier: "low" → "high"
    |  ! store.path waits for a restart
    | nothing changed   Esc close  ↑↓ scroll
    "#);
}

#[test]
fn the_help_on_60x16_scrolled() {
    let mut dashboard = dashboard();
    write(&mut dashboard, "?");
    insta::assert_snapshot!(frame(&mut dashboard, 60, 16), @"
    |┌ keys ────────────────────────────────────────────────────┐
    |│ r             reload now                                ▲│
    |│ b             busy on/off: reloads wait while on        █│
    |│ /             filter by key, value or origin;           █│
    |│               Enter keeps it, Esc clears it             █│
    |│ Enter, e      explain the selected key                  █│
    |│ Up, Down      move; also k, j                           █│
    |│ PgUp, PgDn    move by a page                            █│
    |│ Home, End     first, last; also g, G                    █│
    |│ Tab           switch between keys and events            █│
    |│ ?             this help                                 █│
    |│ q, Ctrl-C     quit                                      █│
    |│                                                         █│
    |│ >  selected                                             ║│
    |│ *  changed by the last reload                           ▼│
    |└ Esc close ───────────────────────────────────────────────┘
    ");
    write(&mut dashboard, "G");
    assert!(frame(&mut dashboard, 60, 16).contains("!  keeps its running value until a restart"));
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
    let mut dashboard = Dashboard::default();
    dashboard.update(DashboardMessage::Configuration {
        generation: 1,
        leaves,
        fallback: Some("\u{9b}31m".into()),
    });
    insta::assert_snapshot!(frame(&mut dashboard, 60, 12), @r#"
    |speckit watch · generation 1
    | DEGRADED: running instead of the files: \u{9b}31m
    |▶ configuration 1/3 ────────────────────────────────────────
    |>  地図.ひらがな  "日本語のとても長い値がこ…   世界.toml:1:1
    |   a\u{1b}[2J     \u{7}bell\r\nnext \u{202e}…  世界.toml:1:1
    |   émoji          "👩\u{200d}👩\u{200d}👧 ok"  世界.toml:1:1
    |
    |─ events 0 ─────────────────────────────────────────────────
    |  no events yet
    |
    |
    |q quit  ? help  r reload  b busy on/off  / filter  e explain
    "#);
}

#[test]
fn alerts_are_reversed_and_coloured_only_with_colour() {
    let colours = |has_color| {
        let buffer = drawn(&mut with_every_alert(), 80, 24, has_color);
        let alert = buffer[(1, 2)].clone();
        assert!(alert.symbol() == "R" && alert.modifier.contains(Modifier::REVERSED | Modifier::BOLD));
        assert!(buffer[(79, 2)].modifier.contains(Modifier::REVERSED), "the whole row");
        (
            alert.fg,
            buffer.content.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count(),
        )
    };
    assert_eq!(colours(false), (Color::Reset, 0));
    assert_eq!(colours(true).0, Color::Red);
}

#[test]
fn the_table_scrolls_only_when_the_selection_leaves_it() {
    let mut dashboard = dashboard();
    let first_row = |dashboard: &mut Dashboard| {
        let buffer = drawn(dashboard, 80, 12, false);
        (3..40).map(|x| buffer[(x, 3)].symbol()).collect::<String>()
    };
    write(&mut dashboard, "G");
    let before = first_row(&mut dashboard);
    write(&mut dashboard, "kkk");
    assert_eq!(first_row(&mut dashboard), before);
    write(&mut dashboard, "k");
    assert_ne!(first_row(&mut dashboard), before);
    write(&mut dashboard, "G");
    assert!(frame(&mut dashboard, 80, 24).contains("hot_reload.debounce_ms"), "a taller screen is filled");
}

#[test]
fn the_selection_is_reversed_only_in_the_focused_pane() {
    let is_reversed = |dashboard: &mut Dashboard| {
        let buffer = drawn(dashboard, 80, 24, false);
        let selected = (0..24).find(|y| buffer[(0, *y)].symbol() == ">").unwrap();
        buffer[(40, selected)].modifier.contains(Modifier::REVERSED)
    };
    let mut dashboard = dashboard();
    assert!(is_reversed(&mut dashboard));
    press(&mut dashboard, KeyCode::Tab);
    assert!(!is_reversed(&mut dashboard));
}

#[test]
fn a_wide_character_covers_no_border_of_a_popup() {
    let mut dashboard = Dashboard::default();
    let leaf = Leaf { key: "世".repeat(8), ..Leaf::default() };
    dashboard.update(DashboardMessage::Configuration {
        generation: 1,
        leaves: vec![leaf; 30],
        fallback: None,
    });
    let begins_left_of_it =
        |dashboard: &mut Dashboard| drawn(dashboard, 120, 24, false)[(9, 12)].symbol() == "世";
    assert!(begins_left_of_it(&mut dashboard));
    write(&mut dashboard, "?");
    assert!(!begins_left_of_it(&mut dashboard));
    assert_eq!(drawn(&mut dashboard, 120, 24, false)[(10, 12)].symbol(), "│");
}
