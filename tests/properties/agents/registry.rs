//! Laws of names: each name resolves to a canonical name, and no tree makes the check panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use speckit_core::agents::registry::{NameTable, check_names};
use speckit_core::app::Application;
use speckit_core::config::merge;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::strategies::{layer, value};
use speckit_core::{Diagnostic, Layer, LayerKind, MergeStrategy, Source};

use crate::config::generated::{edit_instance, instance, tree};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "A", "e f"];

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

/// Configurations with the tables that the check reads, with valid and wrong types.
fn configuration() -> impl Strategy<Value = Json> {
    let aliases =
        prop_oneof![4 => vec(name(), 0..3).prop_map(|names| json!({ "aliases": names })), 1 => instance()];
    let models = prop_oneof![
        6 => vec((name(), aliases), 0..4).prop_map(|models| models.into_iter().map(|(name, model)| (name.to_string(), model)).collect()),
        1 => instance(),
    ];
    let agents = || prop_oneof![6 => vec(name(), 0..7).prop_map(Json::from), 1 => instance()];
    let gates = (select(&["plan", "tasks", "validate", "audit", "unlock", "zz"][..]), agents(), agents());
    let quorum = prop_oneof![6 => (1..6).prop_map(Json::from), 1 => instance()];
    (models, gates, quorum).prop_map(|(models, (stage, gate, plan), quorum)| {
        json!({
            "models": models,
            "quality_gates": { stage: gate, "plan": plan },
            "orchestrator": { "quorum": { "plan": quorum } },
        })
    })
}

/// The diagnostics of the rules for a configuration.
fn diagnostics(rules: &Rules, configuration: &Json) -> Vec<Diagnostic> {
    let documents = Vec::from([Document::Parsed(Layer::new(tree(configuration)))]);
    match rules.check(rules.read(&Inputs { documents, ..Inputs::default() })) {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(96))]

    #[test]
    fn a_resolved_name_resolves_to_itself(
        canonical in vec(name(), 0..4),
        aliases in vec((name(), name()), 0..8),
    ) {
        let (table, errors) = NameTable::with_errors(canonical.iter().copied(), aliases.iter().copied());
        for name in NAMES {
            match table.resolve(name) {
                Ok(found) => {
                    prop_assert_eq!(table.resolve(found), Ok(found));
                    prop_assert!(canonical.contains(&found));
                }
                Err(unknown) => prop_assert_eq!(unknown.name, name),
            }
        }
        // Without errors, an alias resolves like its target.
        let strict_table = NameTable::new(canonical.iter().copied(), aliases.iter().copied());
        prop_assert_eq!(strict_table.is_ok(), errors.is_empty());
        if let Ok(table) = strict_table {
            for (alias, target) in &aliases {
                prop_assert!(table.resolve(alias).is_ok());
                prop_assert_eq!(table.resolve(alias), table.resolve(target));
            }
        }
    }

    #[test]
    fn every_diagnostic_about_names_has_an_origin(configuration in configuration()) {
        for diagnostic in check_names(&tree(&configuration)) {
            prop_assert!(diagnostic.origin.is_some(), "{:?}", diagnostic);
        }
    }

    #[test]
    fn earlier_configurations_do_not_change_the_diagnostics_about_names(
        others in vec((configuration(), any::<u16>()), 24),
    ) {
        let reused = Rules::new(None).with_extension(Box::new(Application::default()));
        let mut last_valid = json!({});
        for (other, place) in others {
            let configuration = edit_instance(&last_valid, &other, place.into());
            let found = diagnostics(&reused, &configuration);
            let fresh = diagnostics(&Rules::new(None).with_extension(Box::new(Application::default())), &configuration);
            prop_assert_eq!(&found, &fresh, "{} after {}", configuration, last_valid);
            if found.is_empty() {
                last_valid = configuration;
            }
        }
    }

    #[test]
    fn no_tree_makes_the_check_of_names_panic(value in value(), layer in layer(), configuration in configuration()) {
        check_names(&value);
        let source = Source::document(LayerKind::File, "x", "");
        let merged = merge(&tree(&configuration), &value.at(speckit_core::Origin::whole(&source)), &|_| MergeStrategy::Append);
        check_names(&merge(&merged, layer.root(), &|_| MergeStrategy::Union));
    }
}
