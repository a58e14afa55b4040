//! Random messages and sizes never cause a panic, or a control character on the screen.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{Dashboard, DashboardMessage, Leaf, change, drawn, refusal, status, warning, with};
use speckit::{ConfigReloadEvent, Diagnostics, Status};

/// Text that is hard to draw.
fn text() -> impl Strategy<Value = String> {
    "([a-e./\\[\\]0-9]|[\u{0}-\u{1f}\u{7f}-\u{9f}]|[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}]|[ \n世界👩é\u{301}ﾞ🇩🇪]|\\PC){0,30}"
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        8 => prop::sample::select("rb/eq?jkgGcu\u{202e}\u{9b}世".chars().map(KeyCode::Char).collect::<Vec<_>>()),
        4 => prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End,
            KeyCode::Tab, KeyCode::BackTab, KeyCode::Esc, KeyCode::Enter, KeyCode::Backspace, KeyCode::Null,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    let kind = prop::sample::select(vec![KeyEventKind::Press, KeyEventKind::Repeat, KeyEventKind::Release]);
    let modifiers = prop_oneof![4 => Just(KeyModifiers::NONE), 1 => any::<u8>().prop_map(KeyModifiers::from_bits_truncate)];
    (code, modifiers, kind).prop_map(|(code, modifiers, kind)| KeyEvent::new_with_kind(code, modifiers, kind))
}

fn leaves() -> impl Strategy<Value = Vec<Leaf>> {
    vec((text(), text(), text()).prop_map(|(key, value, origin)| Leaf { key, value, origin }), 0..30)
}

fn event() -> impl Strategy<Value = ConfigReloadEvent> {
    let report = || vec(text(), 0..90).prop_map(|lines| Diagnostics::new(Vec::new(), lines.join("\n")));
    prop_oneof![
        text().prop_map(|path| ConfigReloadEvent::FileChanged { paths: vec![path.into()] }),
        (text(), any::<u64>()).prop_map(|(key, micros)| {
            let key = speckit_core::Key::of([key]);
            let mut change = change("a", Some("'x'"), Some("'y'"));
            change.key = key.clone();
            ConfigReloadEvent::ReloadSuccess {
                generation: micros,
                changed: vec![change],
                pending_restart: vec![key],
                elapsed: Duration::from_micros(micros),
                recorded: speckit::RecordState::Pending,
            }
        }),
        report().prop_map(|diagnostics| ConfigReloadEvent::ReloadFailed { generation: 1, diagnostics }),
        report().prop_map(|diagnostics| ConfigReloadEvent::Warning { diagnostics }),
        any::<usize>().prop_map(|busy| ConfigReloadEvent::ReloadDeferred { busy }),
        any::<u64>().prop_map(|count| ConfigReloadEvent::Missed { count }),
        any::<u64>().prop_map(|generation| ConfigReloadEvent::Recorded { generation }),
    ]
}

fn any_status() -> impl Strategy<Value = Status> {
    let refusal = prop::option::of(Just(refusal()));
    (any::<[bool; 4]>(), any::<Duration>(), any::<usize>(), refusal, text()).prop_map(
        |([is_waiting, is_deferred, has_warnings, has_pending], age, busy, refusal, path)| {
            with(status(), |status| {
                status.age = age;
                status.is_waiting = is_waiting;
                status.is_deferred = is_deferred;
                status.busy = busy;
                status.refusal = refusal;
                status.warnings = if has_warnings { warning().to_vec() } else { Vec::new() };
                status.pending_restart =
                    if has_pending { vec![change("a", None, Some("1"))] } else { Vec::new() };
                status.drift = vec![path.into()];
            })
        },
    )
}

fn message() -> impl Strategy<Value = DashboardMessage> {
    prop_oneof![
        12 => key().prop_map(DashboardMessage::Key),
        3 => (event(), any::<Duration>()).prop_map(|(event, at)| DashboardMessage::Event { event, at }),
        1 => (leaves(), prop::option::of(text()))
            .prop_map(|(leaves, fallback)| DashboardMessage::Configuration { generation: 1, leaves, fallback }),
        1 => (any_status(), any::<Duration>()).prop_map(|(status, at)| DashboardMessage::Status { status, at }),
        1 => (text(), prop::option::of(text())).prop_map(|(key, text)| DashboardMessage::Explained { key, text }),
        1 => text().prop_map(DashboardMessage::Replied),
    ]
}

fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_messages_are_drawn_without_control_characters(
        messages in vec(message(), 1..40),
        sizes in vec(prop_oneof![8 => (0_u16..=60, 0_u16..=20), 1 => (0_u16..=250, 0_u16..=80)], 40),
    ) {
        let mut dashboard = Dashboard::default();
        for (message, (width, height)) in messages.into_iter().zip(sizes) {
            dashboard.update(message);
            let buffer = drawn(&mut dashboard, width, height, width % 2 == 0);
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().contains(is_forbidden), "{:?}", cell.symbol());
            }
        }
    }
}
