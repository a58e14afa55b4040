//! The language of a file: by its extension, by an option, or by its first character; formats that are not read, folders and pipes.

use crate::test_dir::TestDir;

const JSONC: &str =
    "{ // a port of \"x\"\n  \"port\": 80, /* } */\n  \"names\": [\"//no\", \"/*no*/\",],\n}\n";

fn dir() -> TestDir {
    TestDir::new().file("any.schema.json", "{}")
}

#[test]
fn json_in_a_file_without_a_known_extension_is_read() {
    let dir =
        dir().file(".prettierrc", "// c\n{\"semi\": false,}\n").file("app.conf", "[server]\nport = 80\n");
    dir.run("check .prettierrc --schema any.schema.json").succeeds().no_stderr();
    let shown =
        dir.run("show --schema any.schema.json --config .prettierrc --config app.conf").succeeds().out;
    assert_eq!(shown, "semi = false\n\n[server]\nport = 80\n");
}

#[test]
fn json_with_comments_keeps_its_places() {
    let schema = r#"{"properties": {"port": {"type": "string"}}}"#;
    let dir = dir().file("settings.jsonc", JSONC).file("tsconfig.json", JSONC).file("s.json", schema);
    let dir = dir.file(".vscode/settings.json", JSONC);
    for file in ["settings.jsonc", "tsconfig.json", ".vscode/settings.json"] {
        let shown = dir.run(&format!("show --schema any.schema.json --config {file}")).succeeds().out;
        assert_eq!(shown, "names = [\"//no\", \"/*no*/\"]\nport = 80\n", "{file}");
        let found = dir.run(&format!("check --schema s.json --config {file} --format json")).exits_1().json();
        let origin = &found["diagnostics"][0]["origin"];
        assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(2), Some(11)), "{file}");
    }
    dir.write("plain.json", JSONC);
    dir.run("check plain.json --schema any.schema.json")
        .exits_1()
        .only_stderr("plain.json:1:3")
        .stderr_has("call the file `.jsonc`");
    dir.run("check plain.json --schema any.schema.json --config-format jsonc").succeeds().no_stderr();
}

#[test]
fn an_option_says_the_language_of_every_file() {
    let dir = dir().file("a.yaml", "{\"a\": 1}").file("b.toml", "{\"b\": 2}").file("c.json", "c = 3\n");
    let any = "--schema any.schema.json";
    let shown =
        dir.run(&format!("show {any} --config a.yaml --config b.toml --config-format json")).succeeds();
    assert_eq!(shown.out, "a = 1\nb = 2\n");
    assert_eq!(dir.run(&format!("--config-format toml show c {any} --config c.json")).succeeds().out, "3\n");
    dir.run(&format!("check b.toml {any}")).exits_1().only_stderr("parse/toml");
    dir.run("check b.toml --config-format yaml").exits_2().only_stderr("toml, json, jsonc");
}

#[test]
fn a_help_names_the_option_that_is_another_way_out() {
    let dir = dir().file("ref.json", r#"{"$ref": "https://a.example/x"}"#);
    let dir = dir.file("meta.json", r#"{"$schema": "https://a.example/meta"}"#).file("ok.json", "{}");
    for (number, (ending, text, option)) in [
        ("json", "{ // c\n}", "call the file `.jsonc`, or give --config-format jsonc, to allow"),
        ("json", "{\"a\": 1,}", "call the file `.jsonc`, or give --config-format jsonc, to allow"),
        ("yaml", "a: 1", "`.jsonc`, or give --config-format toml, json or jsonc"),
        ("toml", "{\"a\": 1}", "the extension `.json`, or give --config-format json"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("{number}.{ending}");
        dir.write(&file, text);
        for command in [
            format!("check {file} --schema any.schema.json"),
            format!("check --config {file} --schema any.schema.json"),
            format!("show --config {file} --schema any.schema.json"),
        ] {
            let json = dir.run(&format!("{command} --format json"));
            assert!(
                json.err.contains(option) && json.out.contains(option),
                "{command}: {}{}",
                json.err,
                json.out
            );
        }
    }
    let map = "the folder that has";
    for schema in ["ref.json", "meta.json"] {
        let err = dir.run(&format!("check ok.json --schema {schema}")).err;
        assert!(err.contains(map) && err.contains(": --schema-map URL-PREFIX=DIR"), "{err}");
    }
    dir.run("show --unset a=1 --schema any.schema.json").stderr_has("set it to the value: --set KEY=VALUE");
}

#[test]
fn a_format_that_is_not_read_is_one_finding() {
    let dir = dir();
    for ending in ["yaml", "yml", "ini", "cfg", "properties", "env", "json5", "xml", "kdl", "ron", "hcl"] {
        let file = format!("app.{ending}");
        dir.write(&file, "a: 1\nb: 2\n; c\n");
        let message = format!("a file called `.{ending}` is not read; TOML and JSON are");
        let result = dir.run(&format!("check {file} --schema any.schema.json --format json")).exits_2();
        let found = &result.json()["files"][0]["diagnostics"];
        assert_eq!((found.as_array().unwrap().len(), found[0]["code"].as_str()), (1, Some("file/format")));
        assert!(found[0]["message"].as_str().unwrap().contains(&message), "{found}");
        let result = dir.run(&format!("check --schema any.schema.json --config {file}"));
        result.exits_2().only_stderr(&message).stderr_has("1 error");
    }
    dir.run("check absent.yaml").exits_2().only_stderr("does not exist");
}

#[test]
fn a_folder_with_the_name_of_a_file_is_an_error() {
    let dir = dir();
    std::fs::create_dir(dir.path("app.toml")).unwrap();
    for command in ["check", "show", "watch --plain"] {
        dir.run(&format!("{command} --schema any.schema.json --config app.toml"))
            .exits_2()
            .only_stderr("`app.toml` is an empty folder, expected a file");
    }
    dir.write("app.toml/app.yaml", "");
    dir.run("check --schema any.schema.json --config app.toml").exits_2().only_stderr("not read: `app.yaml`");
    dir.write("app.toml/a.toml", "a = 1\n");
    dir.run("check --schema any.schema.json --config app.toml").succeeds().no_stderr();
}

#[test]
fn a_folder_without_a_file_to_read_is_a_warning() {
    let dir = dir().file("conf.d/10.conf", "a = 1").file("conf.d/20.json", "{}").file("conf.d/README", "");
    dir.run("check --schema any.schema.json --config conf.d")
        .succeeds()
        .stderr_has("warning[file/empty]: the folder `conf.d` has no *.toml file and sets nothing")
        .stderr_has("not read: `10.conf`, `20.json`\n")
        .stderr_has("1 warning");
    dir.run("check --schema any.schema.json --config conf.d --strict").exits_1().only_stderr("file/empty");
    dir.write("conf.d/30.toml", "a = 1");
    dir.run("check --schema any.schema.json --config conf.d --strict").succeeds().no_stderr();
}

#[cfg(unix)]
mod pipes {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    fn with_pipe() -> TestDir {
        let dir = dir();
        assert!(Command::new("mkfifo").arg(dir.path("p")).status().unwrap().success());
        dir
    }

    #[test]
    fn a_named_pipe_without_a_writer_is_given_up() {
        let dir = with_pipe().variable("SPECKIT_TOKEN_FILE", "p");
        dir.write("secret.schema.json", r#"{"properties": {"token": {"type": "string", "x-secret": true}}}"#);
        for command in
            ["check --schema secret.schema.json", "check p", "check --config p", "check --schema p"]
        {
            let began = Instant::now();
            let result = dir.run(command);
            assert!(began.elapsed() < Duration::from_secs(8), "{command}: {:?}", began.elapsed());
            result.stderr_has("it is a pipe that no program writes to");
        }
        let prompt = with_pipe();
        prompt
            .run("gate run plan --spec 1 --dry-run --prompt-file p")
            .exits_2()
            .only_stderr("it is a pipe that no program writes to");
    }

    #[test]
    fn a_pipe_with_a_writer_is_read_to_its_end() {
        let dir = with_pipe();
        let path = dir.path("p");
        let writer = std::thread::spawn(move || std::fs::write(path, "{\"a\": 5}").unwrap());
        assert_eq!(dir.run("show --schema any.schema.json --config p").succeeds().out, "a = 5\n");
        writer.join().unwrap();
        let program = env!("CARGO_BIN_EXE_speckit-under-test");
        let script = format!("{program} --schema <(echo '{{}}') --config <(echo '{{\"a\": 5}}') show");
        let output = Command::new("bash").args(["-c", &script]).current_dir(dir.path(".")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a = 5\n", "{output:?}");
    }
}
