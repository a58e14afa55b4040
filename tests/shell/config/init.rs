//! `init` writes a template and `schema` prints the schema, and both match the defaults.

use speckit::app::AppConfig;
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source, Value};

use crate::test_dir::{TestDir, member_names};

/// Uncomments every `#key = value` and every `#[table]` of a template. Lines like `# words` stay comments.
fn uncomment(template: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with([' ', ':', '#']) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    template.lines().map(line).collect()
}

fn parse_tree(name: &str, text: &str) -> Value {
    let layer = parse(&Source::document(LayerKind::File, name, text), Language::Toml);
    layer.unwrap_or_else(|diagnostics| panic!("{diagnostics:?}\n{text}")).root().clone()
}

#[test]
fn the_template_begins_with_its_schema_and_is_valid() {
    let dir = TestDir::new();
    let result = dir.run("init new.toml").succeeds();
    assert_eq!(result.out, "wrote new.toml\n");
    result.stderr_has("speckit schema > speckit.schema.json");
    let text = dir.read("new.toml");
    assert!(text.starts_with("#:schema ./speckit.schema.json\n"), "{text}");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "every setting is a comment");
    dir.run("check new.toml").succeeds().no_stderr();
    assert_eq!(dir.names(), ["new.toml"], "no temporary file is left");
}

#[test]
fn the_uncommented_template_is_the_embedded_defaults() {
    let dir = TestDir::new();
    dir.run("init").succeeds();
    let text = uncomment(&dir.read("speckit.toml"));
    let (template, defaults) = (parse_tree("template", &text), parse_tree("defaults", AppConfig::DEFAULTS));
    assert_eq!(template.to_json(), defaults.to_json());
    dir.write("speckit.toml", &text);
    dir.run("check speckit.toml").succeeds().no_stderr();
    let (with_file, without_file) =
        (dir.run("show").succeeds().out, TestDir::new().run("show").succeeds().out);
    assert_eq!(with_file, without_file);
}

#[test]
fn only_force_overwrites_a_file() {
    let dir = TestDir::with_config("# mine\n");
    dir.run("init").exits_2().only_stderr("`speckit.toml` exists already").stderr_has("--force");
    assert_eq!(dir.read("speckit.toml"), "# mine\n");
    dir.run("init --force").succeeds();
    assert!(dir.read("speckit.toml").starts_with("#:schema"));
    dir.run("init no/such/folder.toml").exits_2().only_stderr("cannot be written");
    std::fs::create_dir(dir.path("folder.toml")).unwrap();
    dir.run("init folder.toml").exits_2().only_stderr("exists already");
    dir.run("init folder.toml --force").exits_2().only_stderr("cannot be written");
    assert_eq!(dir.names(), ["folder.toml", "speckit.toml"], "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_not_overwritten_and_force_keeps_a_link() {
    let dir = TestDir::new().file("real.toml", "# old\n");
    std::os::unix::fs::symlink("gone", dir.path("dangling.toml")).unwrap();
    dir.run("init dangling.toml").exits_2().only_stderr("exists already");
    std::os::unix::fs::symlink("real.toml", dir.path("link.toml")).unwrap();
    dir.run("init link.toml --force").succeeds();
    assert!(dir.path("link.toml").is_symlink());
    assert!(dir.read("real.toml").starts_with("#:schema"));
}

#[test]
fn json_output_names_the_file() {
    let dir = TestDir::new();
    assert_eq!(dir.run("init a.toml --format json").succeeds().json()["file"], "a.toml");
}

#[test]
fn a_template_of_another_schema_contains_no_secret() {
    let schema = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {
        "port": {"type": "integer", "default": 80, "description": "Where to listen."},
        "server": {"type": "object", "properties": {"host": {"type": "string", "default": "here"}}},
        "token": {"type": "string", "default": "sesame-of-the-schema", "x-secret": true}}}"#;
    let dir = TestDir::new().file("own.json", schema);
    dir.run("init --schema own.json").succeeds().no_stderr();
    let text = dir.read("speckit.toml");
    assert!(text.starts_with("#:schema own.json\n"), "{text}");
    assert!(text.contains("# Where to listen.\n") && text.contains("#port = 80\n"), "{text}");
    assert!(!text.contains("sesame"), "{text}");
    let tree = parse_tree("template", &uncomment(&text));
    assert_eq!(tree.to_json().to_string(), r#"{"port":80,"server":{"host":"here"}}"#);
    dir.run("check speckit.toml --schema own.json").succeeds().no_stderr();
    dir.write("sub/.keep", "");
    dir.run("init sub/x.toml --schema own.json").succeeds().no_stderr();
    let first = dir.read("sub/x.toml").lines().next().map(str::to_owned);
    let schema_path = first.as_deref().and_then(|line| line.strip_prefix("#:schema ")).unwrap();
    let path = |path: std::path::PathBuf| std::fs::canonicalize(path).unwrap();
    assert_eq!(
        path(dir.path("sub").join(schema_path)),
        path(dir.path("own.json")),
        "the path is relative to the file"
    );
}

#[test]
fn the_printed_schema_is_draft_7_and_can_be_used() {
    let dir = TestDir::new();
    let result = dir.run("schema").succeeds().no_stderr();
    assert_eq!(result.out, AppConfig::SCHEMA);
    let schema: serde_json::Value = serde_json::from_str(&result.out).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(member_names(&schema).contains(&"definitions"));
    dir.write("s.json", &result.out);
    dir.run("check --schema s.json --set retry.max_attempts=2").succeeds().no_stderr();
    assert_eq!(dir.run("schema --schema s.json").succeeds().out, result.out);
}

#[test]
fn a_template_has_no_null_and_no_shortened_list() {
    let schema = r#"{"properties": {
        "display": {"type": "array", "default": [{"style": "bold", "until": null}]},
        "holes": {"type": "array", "default": [1, null, {"a": null}]},
        "deep": {"type": "object", "default": {"a": null, "l": [[null]], "t": {"b": null}}},
        "none": {"type": ["string", "null"], "default": null}
    }}"#;
    let dir = TestDir::new().file("s.json", schema);
    dir.run("init app.toml --schema s.json").succeeds();
    let template = dir.read("app.toml");
    assert!(template.contains("#display = [{ style = \"bold\" }]\n"), "{template}");
    assert!(template.contains("# holes = [1, null, {}]   # TOML has no null"), "{template}");
    assert!(template.contains("# l = [[null]]   # TOML has no null"), "{template}");
    dir.write("app.toml", uncomment(&template));
    dir.run("check app.toml --schema s.json").succeeds().no_stderr();
    dir.write("list.json", r#"{"l": [1, null, {}]}"#);
    dir.write("any.json", "{}");
    let shown = "--schema any.json --config list.json show";
    assert!(dir.run(shown).succeeds().out.starts_with("# l = [1, null, {}]   #"));
    assert_eq!(dir.run(&format!("{shown} --format json")).succeeds().out, "{\"l\":[1,null,{}]}\n");
}

#[test]
fn the_template_of_a_schema_that_refers_to_itself_ends() {
    let schema =
        r##"{"properties": {"a": {"default": 1}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}"##;
    let dir = TestDir::new().file("s.json", schema);
    dir.run("init --schema s.json f.toml").succeeds();
    let text = dir.read("f.toml");
    assert!(text.contains("#a = 1\n") && text.ends_with("\n#[next]\n"), "{text}");
}
