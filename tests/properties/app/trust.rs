//! Only the values of the subtrees decide about trust.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use speckit_core::app::trust::{
    Fingerprints, ProjectFile, Subtree, Trust, TrustDecision, TrustRecord, fingerprints,
};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Layer, LayerKind, Source};

/// Keys that need trust.
const INSIDE: [&str; 12] = [
    "auth.work.client_id",
    "auth.\"two words\".scopes",
    "models.a.provider",
    "models.b.model",
    "orchestrator.accept",
    "orchestrator.agree_on",
    "orchestrator.quorum.plan",
    "policy.commands.lint.run",
    "providers.x.command",
    "quality_gates.plan",
    "store.keep_runs",
    "store.path",
];
const OUTSIDE: [&str; 7] = [
    "hot_reload.debounce_ms",
    "orchestrator.max_concurrent",
    "policy.enforce",
    "policy.rules.r.pattern",
    "retry.max_attempts",
    "store.history",
    "validation.check_commands",
];
const VALUES: [&str; 9] =
    ["1", "16", "1.5", "true", "'sh'", "\"a\\u001b\"", "['sh', '-c']", "['-c', 'sh']", "[]"];

/// Some keys with values, each key once.
fn settings(keys: &'static [&'static str]) -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let some = prop::sample::subsequence(keys, 0..=keys.len());
    some.prop_flat_map(|keys| {
        let values = prop::collection::vec(select(&VALUES[..]), keys.len());
        values.prop_map(move |values| keys.iter().copied().zip(values).collect())
    })
}

fn layer(settings: &[(&str, &str)]) -> Layer {
    let text: String = settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    let source = Source::document(LayerKind::File, "speckit.toml", text.as_str());
    parse(&source, Language::Toml).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn of(settings: &[(&str, &str)]) -> Fingerprints {
    fingerprints(layer(settings).root())
}

/// Another notation of a value.
fn respelled(value: &'static str) -> &'static str {
    match value {
        "16" => "0x10   # why",
        "1.5" => "15e-1",
        "'sh'" => "\"\\u0073h\"",
        "['sh', '-c']" => "[\n  'sh', # first\n  \"-c\",\n]",
        other => other,
    }
}

proptest! {
    #[test]
    fn an_edit_elsewhere_or_another_notation_needs_no_new_trust(
        inside in settings(&INSIDE),
        outside in settings(&OUTSIDE),
        other_outside in settings(&OUTSIDE),
        order in any::<prop::sample::Selector>(),
    ) {
        let before: Vec<_> = inside.iter().chain(&outside).copied().collect();
        let record = TrustRecord::new("/a/speckit.toml", of(&before));
        let after = inside.iter().map(|(key, value)| (*key, respelled(value))).chain(other_outside);
        let mut rest: Vec<_> = after.collect();
        let mut shuffled = Vec::new();
        while !rest.is_empty() {
            let place = order.select(0..rest.len());
            shuffled.push(rest.remove(place));
        }
        prop_assert_eq!(TrustDecision::of(&of(&shuffled), Some(&record)), TrustDecision::Trusted);
    }

    #[test]
    fn a_changed_or_added_value_in_a_subtree_needs_new_trust(
        inside in settings(&INSIDE),
        place in any::<Index>(),
        value in select(&VALUES[..]),
    ) {
        let record = TrustRecord::new("/a/speckit.toml", of(&inside));
        let key = INSIDE[place.index(INSIDE.len())];
        prop_assume!(!inside.contains(&(key, value)));
        let mut after = inside.clone();
        after.retain(|(other, _)| *other != key);
        after.push((key, value));
        let subtree = Subtree::ALL.map(|subtree| subtree.key().to_string());
        let subtree = subtree.into_iter().find(|subtree| key.starts_with(subtree)).unwrap();
        let expected = TrustDecision::Changed { which: vec![subtree.clone()] };
        prop_assert_eq!(TrustDecision::of(&of(&after), Some(&record)), expected);
        let never = TrustDecision::of(&of(&after), None);
        prop_assert!(never.untrusted().contains(&subtree));
    }

    #[test]
    fn a_record_is_read_as_it_was_written(inside in settings(&INSIDE), file in any::<String>()) {
        let record = TrustRecord::new(file, of(&inside));
        prop_assert_eq!(TrustRecord::parse(record.to_json().as_bytes()), Ok(record));
    }

    /// A command is refused exactly if a subtree that it needs is not as it was trusted.
    #[test]
    fn a_command_is_refused_for_what_it_needs_only(
        inside in settings(&INSIDE),
        trusted in settings(&INSIDE),
        needed in prop::sample::subsequence(&Subtree::ALL[..], 0..=Subtree::ALL.len()),
        is_recorded in any::<bool>(),
    ) {
        let record = is_recorded.then(|| TrustRecord::new("/a", of(&trusted)));
        let layers = [layer(&inside)];
        let files = ProjectFile::all(&layers, &|_| true, &|_| Trust::Recorded(record.clone()));
        let refusal = files[0].refusal(&needed);
        let present = of(&inside);
        let is_new = |subtree: &&Subtree| {
            let key = subtree.key().to_string();
            let fingerprint = present.get(&key);
            fingerprint != record.as_ref().and_then(|record| record.fingerprints.get(&key))
        };
        prop_assert_eq!(refusal.is_some(), needed.iter().any(|subtree| is_new(&subtree)));
        if let Some(refusal) = refusal {
            prop_assert_eq!(refusal.code, "trust/required");
            prop_assert!(needed.iter().any(|subtree| subtree.key() == refusal.key));
            prop_assert!(refusal.origin.is_some());
        }
    }
}
