//! What a person is shown of a project file that is not trusted.

use speckit_core::app::trust::{
    ProjectFile, Review, Subtree, Trust, TrustDecision, TrustRecord, fingerprints,
};
use speckit_core::config::resolve::{Inputs, Rules};
use speckit_core::{Diagnostic, Key, Layer, Value};
use speckit_tests::golden;

use crate::{application, defaults_and, render_report};

const CLONED: &str = r#"
[retry]
max_attempts = 5

[models.fast]
provider = "google"
model = "gemini-2.5-flash"

[providers.google]
command = "tools/agent.sh"
args = ["-p", "{prompt}", "prompts/system.md"]
api_key = "hunter2"

[orchestrator.quorum]
plan = 1

[policy.commands.lint]
run = ["lint\u001b[2K\u202E", "--fix\nrm"]
on = ["pre-commit"]

[store]
path = "/tmp/speckit.db"
"#;

/// The layers of a file over the defaults, and the rules that they need not obey.
fn layered(text: &str) -> (Vec<Layer>, Rules) {
    let rules = application();
    (rules.read(&inputs(text)).layers().to_vec(), rules)
}

fn inputs(text: &str) -> Inputs {
    Inputs { documents: defaults_and("speckit.toml", text), ..Inputs::default() }
}

fn is_project(name: &str) -> bool {
    name == "speckit.toml"
}

fn review(text: &str, record: Option<&TrustRecord>) -> Review {
    let (layers, rules) = layered(text);
    let root = layers.last().unwrap().root();
    let decision = TrustDecision::of(&fingerprints(root), record);
    let is_secret = |key: &Key, value: &Value| rules.keys().is_secret(key, value);
    let is_project_file = |text: &str, _: bool| text == "prompts/system.md";
    Review::of("/home/ann/clone/speckit.toml", root, &decision, &is_secret, &is_project_file)
}

fn record(text: &str) -> TrustRecord {
    let (layers, _) = layered(text);
    TrustRecord::new("/home/ann/clone/speckit.toml", fingerprints(layers.last().unwrap().root()))
}

/// The report of an error about the file.
fn reported(text: &str, trust: &Trust, report: &dyn Fn(&ProjectFile<'_>) -> Option<Diagnostic>) -> String {
    let (layers, rules) = layered(text);
    let files = ProjectFile::all(&layers, &is_project, &|_| trust.clone());
    let diagnostics: Vec<Diagnostic> = files.iter().filter_map(report).collect();
    let masks = match rules.check(rules.read(&inputs(text))) {
        Ok(checked) => checked.masks(&rules),
        Err(refused) => refused.masks(&rules),
    };
    render_report(&diagnostics, &masks)
}

#[test]
fn the_values_that_need_trust_are_shown_without_secrets_and_without_control_characters() {
    let text = review(CLONED, None).to_text();
    assert!(!text.contains("hunter2") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    golden!("app/trust", "review", text);
}

#[test]
fn the_review_of_a_changed_file_names_what_changed() {
    let trusted = record("[models.fast]\nprovider = 'google'\n[store]\npath = '/tmp/speckit.db'\n");
    golden!("app/trust", "review_of_a_change", review(CLONED, Some(&trusted)).to_text());
}

#[test]
fn a_file_that_needs_no_trust_says_so() {
    golden!("app/trust", "nothing_to_trust", review("[retry]\nmax_attempts = 5\n", None).to_text());
}

#[test]
fn a_command_says_what_it_needs_and_what_to_type() {
    let never = Trust::Recorded(None);
    let needed: Vec<Subtree> = Subtree::OF_GATES.iter().copied().chain([Subtree::StorePath]).collect();
    golden!("app/trust", "required", reported(CLONED, &never, &|file| file.refusal(&needed)));
    let one = [Subtree::PolicyCommands];
    golden!("app/trust", "required_for_one_key", reported(CLONED, &never, &|file| file.refusal(&one)));
    let problem = "`/home/ann/.local/state/speckit/trust/1f.json` is not used: other users may use it (mode 0644): `chmod \
                   600 /home/ann/.local/state/speckit/trust/1f.json`";
    let unusable = Trust::Unusable { problem: problem.into() };
    golden!(
        "app/trust",
        "required_without_a_record",
        reported(CLONED, &unusable, &|file| file.refusal(&needed))
    );
    let changed = Trust::Recorded(Some(record(&CLONED.replace("tools/", "bin/"))));
    golden!(
        "app/trust",
        "required_after_a_change",
        reported(CLONED, &changed, &|file| file.refusal(&needed))
    );
    assert_eq!(reported(CLONED, &changed, &|file| file.refusal(&one)), "\n");
    assert_eq!(reported(CLONED, &Trust::Named, &|file| file.refusal(&needed)), "\n");
}

#[test]
fn the_excerpt_of_a_report_shows_no_secret_of_the_same_line() {
    let text = "providers = { google = { command = './a', api_key = 'hunter2' } }\n";
    let report = reported(text, &Trust::Recorded(None), &|file| file.refusal(&[Subtree::Providers]));
    assert!(!report.contains("hunter2"), "{report}");
    golden!("app/trust", "required_beside_a_secret", report);
}

#[test]
fn a_running_program_refuses_every_change_of_what_was_trusted() {
    let changed = Trust::Recorded(Some(record(&CLONED.replace("tools/", "bin/"))));
    let reload = |file: &ProjectFile<'_>| file.refusal_of_running(&[], true);
    golden!("app/trust", "changed", reported(CLONED, &changed, &reload));
    let start = |file: &ProjectFile<'_>| file.refusal_of_running(&[], false);
    assert!(reported(CLONED, &changed, &start).starts_with("error[trust/required]"));
    // It was never trusted, and nothing of it is needed.
    assert_eq!(reported(CLONED, &Trust::Recorded(None), &reload), "\n");
    let needed = |file: &ProjectFile<'_>| file.refusal_of_running(&[Subtree::StorePath], true);
    assert!(
        reported(CLONED, &Trust::Recorded(None), &needed).starts_with("error[trust/required]: store.path")
    );
}

#[test]
fn a_command_that_only_shows_values_says_in_one_line_what_is_not_trusted() {
    let (layers, _) = layered(CLONED);
    let note = |trust: Trust| ProjectFile::all(&layers, &is_project, &|_| trust.clone())[0].note();
    golden!("app/trust", "note", note(Trust::Recorded(None)).unwrap());
    let changed = Trust::Recorded(Some(record(&CLONED.replace("tools/", "bin/"))));
    golden!("app/trust", "note_of_a_change", note(changed).unwrap());
    assert_eq!(note(Trust::Recorded(Some(record(CLONED)))), None);
    assert_eq!(note(Trust::Named), None);
}
