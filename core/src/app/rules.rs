//! The rules of the shipped application beyond its schema.

use alloc::vec::Vec;

use super::migrate::{is_left_out, migrate_layer};
use crate::agents::Provider;
use crate::agents::registry::NameCheck;
use crate::config::Layer;
use crate::config::resolve::{Extension, Migrated};
use crate::policy::check_rules;
use crate::tree::{Code, Diagnostic, Key, Severity, Value};

/// The rules of the shipped application beyond its schema: names of models, quality gates, and the old form of its files.
///
/// ```
/// use speckit_core::app::Application;
/// use speckit_core::config::resolve::{Document, Inputs, Rules};
/// use speckit_core::config::source::Language;
/// use speckit_core::{LayerKind, Source};
/// let rules = Rules::new(None).with_extension(Box::new(Application::default()));
/// let file = Source::document(LayerKind::File, "speckit.toml", "[quality_gates]\nplan = ['gemni']\n[models.gemini]\n");
/// let inputs = Inputs { documents: vec![Document::Text(file, Language::Toml)], ..Inputs::default() };
/// let refused = rules.check(rules.read(&inputs)).unwrap_err();
/// assert_eq!(refused.diagnostics()[0].code, "name/unknown");
/// ```
#[derive(Debug, Default)]
pub struct Application {
    names: NameCheck,
}

impl Extension for Application {
    fn migrate(&self, layer: &Layer) -> Option<Result<Migrated, Vec<Diagnostic>>> {
        migrate_layer(layer)
    }

    /// A provider has the name of a variable with its API key; somebody may write the API key itself beside it.
    fn secrets(&self) -> Vec<Key> {
        Provider::ALL.map(|provider| Key::of(["providers", provider.name(), "api_key"])).into()
    }

    /// The values that the migration of an old form leaves out may be secrets.
    fn is_masked(&self, key: &Key) -> bool {
        is_left_out(key)
    }

    fn check(&self, root: &Value, violations: &mut Vec<Diagnostic>) {
        let names = self.names.check(root);
        // The check of a gate reports the same as the bounds of its list, in clearer words.
        let gates: Vec<&Key> =
            names.iter().filter(|n| n.code == Code::GateAgentCount).map(|n| &n.key).collect();
        let is_bound = |code| matches!(code, Code::SchemaMinItems | Code::SchemaMaxItems);
        violations.retain(|violation| !(gates.contains(&&violation.key) && is_bound(violation.code)));
        // Values that the schema refuses too are reported once, also by a lenient configuration.
        let rules = check_rules(root);
        violations.retain(|violation| rules.iter().all(|mistake| mistake.key != violation.key));
        let is_lenient =
            root.get(&Key::of(["validation", "strict_schema"])).and_then(Value::as_bool) == Some(false);
        if is_lenient {
            violations.iter_mut().for_each(|violation| violation.severity = Severity::Warning);
        }
        violations.extend(names);
        violations.extend(rules);
    }
}
