//! Compares every text that a user may see with its accepted text.

mod agents;
mod app;
mod auth;
mod bench;
mod config;
mod policy;
mod retry;
mod store;

use speckit_core::app::{AppConfig, Application};
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Checked, Document, Inputs, Refused, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Diagnostic, LayerKind, Source};

/// The rules of the shipped application.
fn application() -> Rules {
    let schema = schema("config.schema.json", AppConfig::SCHEMA);
    Rules::new(Some(schema))
        .with_prefix("SPECKIT", &["CONFIG", "DATABASE", "TRUST"])
        .with_extension(Box::new(Application::default()))
}

/// Compiles a schema without mistakes.
fn schema(name: &str, text: &str) -> Schema {
    let source = Source::document(LayerKind::Defaults, name, text);
    let layer = parse(&source, Language::Json).expect("the schema is JSON");
    Schema::compile(&Documents::new("speckit://case/schema.json", layer.root())).expect("the schema is valid")
}

/// The documents of the shipped defaults and of a file over them.
fn defaults_and(name: &str, text: &str) -> Vec<Document> {
    vec![
        Document::Text(
            Source::document(LayerKind::Defaults, "defaults.toml", AppConfig::DEFAULTS),
            Language::Toml,
        ),
        Document::Text(Source::document(LayerKind::File, name, text), Language::of(name, text).unwrap()),
    ]
}

fn resolve(rules: &Rules, inputs: &Inputs) -> Result<Checked, Refused> {
    rules.check(rules.read(inputs))
}

/// The report of all diagnostics, including the warnings of an accepted configuration.
fn report(rules: &Rules, inputs: &Inputs) -> String {
    match resolve(rules, inputs) {
        Ok(checked) => render_report(checked.diagnostics(), &checked.masks(rules)),
        Err(refused) => render_report(refused.diagnostics(), &refused.masks(rules)),
    }
}

fn render_report(diagnostics: &[Diagnostic], masks: &Masks) -> String {
    render(diagnostics, masks, Style { color: false, width: 100 }) + "\n"
}
