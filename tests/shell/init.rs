//! `init` and `schema`: the template, the defaults and the schema agree.

use speckit::app::AppConfig;
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source, Value};

use crate::place::{Place, members};

/// The template with every `#key = value` and every `#[table]` uncommented; `# words` stay comments.
fn uncommented(template: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with([' ', ':', '#']) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    template.lines().map(line).collect()
}

fn tree(name: &str, text: &str) -> Value {
    let layer = parse(&Source::document(LayerKind::File, name, text), Language::Toml);
    layer.unwrap_or_else(|findings| panic!("{findings:?}\n{text}")).root().clone()
}

#[test]
fn the_template_begins_with_its_schema_and_is_right() {
    let place = Place::new();
    let answer = place.run("init new.toml").yes();
    assert_eq!(answer.out, "wrote new.toml\n");
    answer.says("speckit schema > speckit.schema.json");
    let text = place.read("new.toml");
    assert!(text.starts_with("#:schema ./speckit.schema.json\n"), "{text}");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "every setting is a comment");
    place.run("check new.toml").yes().silent();
    assert_eq!(place.names(), ["new.toml"], "no neighbour is left");
}

#[test]
fn the_uncommented_template_is_the_embedded_defaults() {
    let place = Place::new();
    place.run("init").yes();
    let text = uncommented(&place.read("speckit.toml"));
    let (template, defaults) = (tree("template", &text), tree("defaults", AppConfig::DEFAULTS));
    assert_eq!(template.to_json(), defaults.to_json());
    place.write("speckit.toml", &text);
    place.run("check speckit.toml").yes().silent();
    let (with, without) = (place.run("show").yes().out, Place::new().run("show").yes().out);
    assert_eq!(with, without);
}

#[test]
fn a_file_is_never_overwritten_unless_forced() {
    let place = Place::with_config("# mine\n");
    place.run("init").failed().only_says("`speckit.toml` is there already").says("--force");
    assert_eq!(place.read("speckit.toml"), "# mine\n");
    place.run("init --force").yes();
    assert!(place.read("speckit.toml").starts_with("#:schema"));
    place.run("init no/such/folder.toml").failed().only_says("cannot be written");
    std::fs::create_dir(place.path("folder.toml")).unwrap();
    place.run("init folder.toml").failed().only_says("is there already");
    place.run("init folder.toml --force").failed().only_says("cannot be written");
    assert_eq!(place.names(), ["folder.toml", "speckit.toml"], "no neighbour is left");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_not_overwritten_and_a_forced_one_stays_a_link() {
    let place = Place::new().file("real.toml", "# old\n");
    std::os::unix::fs::symlink("gone", place.path("dangling.toml")).unwrap();
    place.run("init dangling.toml").failed().only_says("is there already");
    std::os::unix::fs::symlink("real.toml", place.path("link.toml")).unwrap();
    place.run("init link.toml --force").yes();
    assert!(place.path("link.toml").is_symlink());
    assert!(place.read("real.toml").starts_with("#:schema"));
}

#[test]
fn json_says_which_file() {
    let place = Place::new();
    assert_eq!(place.run("init a.toml --format json").yes().json()["file"], "a.toml");
}

#[test]
fn a_template_of_a_schema_of_ones_own_hides_secrets() {
    let schema = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {
        "port": {"type": "integer", "default": 80, "description": "Where to listen."},
        "server": {"type": "object", "properties": {"host": {"type": "string", "default": "here"}}},
        "token": {"type": "string", "default": "sesame-of-the-schema", "x-secret": true}}}"#;
    let place = Place::new().file("own.json", schema);
    place.run("init --schema own.json").yes().silent();
    let text = place.read("speckit.toml");
    assert!(text.starts_with("#:schema own.json\n"), "{text}");
    assert!(text.contains("# Where to listen.\n") && text.contains("#port = 80\n"), "{text}");
    assert!(!text.contains("sesame"), "{text}");
    let tree = tree("template", &uncommented(&text));
    assert_eq!(tree.to_json().to_string(), r#"{"port":80,"server":{"host":"here"}}"#);
    place.run("check speckit.toml --schema own.json").yes().silent();
    place.write("sub/.keep", "");
    place.run("init sub/x.toml --schema own.json").yes().silent();
    let first = place.read("sub/x.toml").lines().next().map(str::to_owned);
    let found = first.as_deref().and_then(|line| line.strip_prefix("#:schema ")).unwrap();
    let path = |path: std::path::PathBuf| std::fs::canonicalize(path).unwrap();
    assert_eq!(path(place.path("sub").join(found)), path(place.path("own.json")), "found from the file");
}

#[test]
fn the_schema_is_draft_7_with_definitions() {
    let place = Place::new();
    let answer = place.run("schema").yes().silent();
    assert_eq!(answer.out, AppConfig::SCHEMA);
    let schema: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(members(&schema).contains(&"definitions"));
    place.write("s.json", &answer.out);
    place.run("check --schema s.json --set retry.max_attempts=2").yes().silent();
    assert_eq!(place.run("schema --schema s.json").yes().out, answer.out);
}
