//! Complete configurations as text, like in the output of `show`.

use speckit_core::config::redact::redact;
use speckit_core::config::resolve::{Checked, Inputs};
use speckit_core::config::source::{Environment, Language, parse};
use speckit_core::tree::diff::{diff, to_text as print_changes};
use speckit_core::tree::print::{to_text, to_toml, with_origins};
use speckit_core::{Key, LayerKind, Source};
use speckit_tests::golden;

use crate::{application, defaults_and, resolve};

fn shipped_config() -> Checked {
    resolve(&application(), &Inputs { documents: defaults_and("config.toml", ""), ..Inputs::default() })
        .unwrap()
}

/// The defaults with the file of a team and one variable.
fn team_config() -> Checked {
    let file = "\
[models.claude]
tier = \"medium\"

[models.local]
provider = \"openai\"
model = \"llama \\\"4\\\"\"
tier = \"low\"

[quality_gates]
tasks = [\"local\"]

[validation]
strict_schema = false

[providers.openai]
api_key = \"hunter2-planted\"

[providers.google]
login = \"corporate\"
token_env = \"GEMINI_TOKEN\"

[auth.corporate]
client_id = \"speckit\"
client_secret_env = \"CORPORATE_SECRET\"
client_authentication = \"basic\"
device_authorization_url = \"https://id.example/device\"
token_url = \"https://id.example/token\"
parameters = { audience = \"speckit\" }
store = \"file\"
";
    let inputs = Inputs {
        documents: defaults_and("config.toml", file),
        environment: Environment::of([("SPECKIT_RETRY__MULTIPLIER", "1.5")]),
        ..Inputs::default()
    };
    resolve(&application(), &inputs).unwrap()
}

#[test]
fn the_shipped_configuration_has_one_line_for_each_setting() {
    let rules = application();
    golden!(
        "config/printed",
        "shipped_as_text",
        to_text(shipped_config().merged().root(), &|key, value| rules.keys().is_secret(key, value))
    );
}

#[test]
fn the_shipped_configuration_as_toml_is_read_as_the_same_tree() {
    let checked = shipped_config();
    let text = to_toml(checked.merged().root());
    let source = Source::document(LayerKind::File, "shipped.toml", text.as_str());
    assert_eq!(parse(&source, Language::Toml).unwrap().root(), checked.merged().root());
    golden!("config/printed", "shipped_as_toml", text);
}

#[test]
fn the_shipped_configuration_has_an_origin_for_every_setting() {
    golden!(
        "config/printed",
        "shipped_with_origins",
        with_origins(shipped_config().merged().root(), &Key::root())
    );
}

#[test]
fn a_configuration_of_several_layers_names_each_and_shows_no_secret() {
    let rules = application();
    let shown = redact(team_config().merged().root(), &|key, value| rules.keys().is_secret(key, value));
    let text = with_origins(&shown, &Key::root());
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/printed", "a_team_with_origins", text);
}

#[test]
fn the_difference_of_two_configurations_has_lines_for_each_change() {
    let rules = application();
    let changed: Vec<_> = diff(shipped_config().merged().root(), team_config().merged().root())
        .iter()
        .map(|change| change.redacted(&|key, value| rules.keys().is_secret(key, value)))
        .collect();
    golden!("config/printed", "the_changes_of_a_team", print_changes(&changed));
}
