//! Generates configurations of the shipped application with any number of models.

use std::fmt::Write as _;

use speckit_core::app::{AppConfig, Application};
use speckit_core::config::resolve::Rules;
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Language, parse};
use speckit_core::{Layer, LayerKind, Source};

const PROVIDERS: [(&str, &str); 3] =
    [("openai", "gpt-5"), ("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5")];
const TIERS: [&str; 3] = ["low", "medium", "high"];

/// The prefix of [`VARIABLES`].
pub const PREFIX: &str = "SPECKIT";

/// Three variables that override the file: an integer, a float and a text.
pub const VARIABLES: [(&str, &str); 3] = [
    ("SPECKIT_HOT_RELOAD__DEBOUNCE_MS", "5000"),
    ("SPECKIT_RETRY__MULTIPLIER", "1.5"),
    ("SPECKIT_STORE__PATH", "/var/lib/speckit.db"),
];

/// A valid TOML file with this many models, the shipped ones first, and with some settings of other tables.
///
/// Every second model has an alias. Loaded over the embedded defaults, a file with six models or more gives a
/// configuration with exactly these models.
pub fn file(models: usize) -> String {
    let mut text = String::from(
        "[quality_gates]\nplan = [\"gemini\", \"claude\", \"gpt_pro\"]\naudit = [\"claude\", \"gpt_codex\"]\n\n\
         [hot_reload]\nenabled = true\ndebounce_ms = 1000\n\n[retry]\nmax_attempts = 5\nmultiplier = 3.0\n\
         jitter = \"equal\"\n\n[orchestrator]\nmax_concurrent = 8\n\n[store]\npath = \"runs.db\"\nhistory = \"full\"\n",
    );
    let shipped = AppConfig::default().models.into_keys();
    let names = shipped.chain((0..).map(|number| format!("model_{number}"))).take(models);
    for (number, name) in names.enumerate() {
        let (provider, model) = PROVIDERS[number % 3];
        let tier = TIERS[number / 3 % 3];
        let aliases = if number % 2 == 0 { String::new() } else { format!("\"alias-{number}\"") };
        write!(
            text,
            "\n[models.{name}]\nprovider = \"{provider}\"\nmodel = \"{model}-{number}\"\ntier = \"{tier}\"\naliases = [{aliases}]\n",
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// The layer of a text that is right.
pub fn layer(kind: LayerKind, name: &str, text: &str, language: Language) -> Layer {
    parse(&Source::document(kind, name, text), language).expect("the text is right")
}

/// The embedded defaults.
pub fn defaults() -> Layer {
    layer(LayerKind::Defaults, "defaults", AppConfig::DEFAULTS, Language::Toml)
}

/// The rules of the shipped application, with its schema and defaults.
pub fn rules() -> Rules {
    let source = Source::document(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA);
    let schema = Schema::of_prepared(AppConfig::PREPARED_SCHEMA, &source).expect("it is prepared");
    Rules::new(Some(schema))
        .with_prefix(PREFIX, &["CONFIG", "DATABASE"])
        .with_extension(Box::new(Application::default()))
        .with_fixed_layers(&[defaults()])
}
