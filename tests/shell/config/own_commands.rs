//! The commands of an embedding program: `config show`, `explain`, `check`, `env`, `schema` and `init` over its own settings.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source};
use speckit_tests::golden;

use crate::test_dir::{RunResult, TestDir};

mod arguments;

/// The program `shop`, with the schema of its type, with one in a file, or with none.
struct Shop {
    dir: TestDir,
    schema: &'static str,
    variables: Vec<(&'static str, &'static str)>,
}

const VALID: &str = "[server]\nport = 9000\n\n[database]\npassword = 'hunter2-and-more'\n";
const INVALID: &str = "log = 'loud'\n\n[server]\nprot = 1\nport = 80800\n\n[database]\npassword = 4711\n";

impl Shop {
    fn new(schema: &'static str, file: Option<&str>) -> Self {
        let dir = TestDir::new();
        if let Some(text) = file {
            dir.write("shop.toml", text);
        }
        Self { dir, schema, variables: Vec::new() }
    }

    fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-own-commands"));
        command.args(["--schema-of", self.schema]).args(arguments.split_whitespace());
        command
            .current_dir(self.dir.path(""))
            .env_clear()
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    fn run(&self, arguments: &str) -> RunResult {
        RunResult::from_output(self.command(arguments).output().unwrap())
    }

    /// What a person sees of these commands.
    #[track_caller]
    fn transcript(&self, commands: &[&str]) -> String {
        let mut text = String::new();
        for command in commands {
            let RunResult { code, out, err } = self.run(command);
            for secret in ["hunter2", "swordfish", "4711"] {
                assert!(!out.contains(secret) && !err.contains(secret), "{command}: {out}{err}");
            }
            // Neither the library nor an option of the program `speckit` is known to a person who uses the shop.
            for strange in ["speckit", "SPECKIT", "--set", "--config", "--schema", "--strict", "--database"] {
                assert!(!out.contains(strange) && !err.contains(strange), "{command}: {out}{err}");
            }
            let status = if code == 0 { String::new() } else { format!("[exit {code}]\n") };
            let _ = write!(text, "$ shop {command}\n{out}{err}{status}\n");
        }
        text
    }
}

const OF_VALID: [&str; 24] = [
    "config show",
    "config show --origins",
    "config show server.port",
    "config show labels",
    "config show database.password",
    "config show server --format json",
    "config show server --origins --format json",
    "config show server.prot",
    "config show server.prot --format json",
    "config show database.pol",
    "config show database.pool",
    "config show zebra",
    "config show a..b",
    "config explain server.port",
    "config explain database.password",
    "config explain database.pool",
    "config explain log",
    "config explain labels.region",
    "config explain server.prot",
    "config explain server.port --format json",
    "config check",
    "config check --format json",
    "config env",
    "config env --format json",
];

const OF_INVALID: [&str; 4] =
    ["config check", "config check --format json", "config show", "config explain server.port"];

fn valid(schema: &'static str) -> Shop {
    Shop::new(schema, Some(VALID)).variable("SHOP_LOG", "debug").variable("SHOP_LABELS__zone", "b")
}

fn invalid(schema: &'static str) -> Shop {
    Shop::new(schema, Some(INVALID)).variable("SHOP_DATABASE__POOL", "many").variable("SHOP_LOGS", "debug")
}

#[test]
fn the_commands_over_valid_settings_with_a_schema() {
    golden!("config/commands", "valid_with_a_schema", valid("type").transcript(&OF_VALID));
}

#[test]
fn the_commands_over_valid_settings_without_a_schema() {
    golden!("config/commands", "valid_without_a_schema", valid("none").transcript(&OF_VALID));
}

#[test]
fn the_commands_over_invalid_settings_with_a_schema() {
    golden!("config/commands", "invalid_with_a_schema", invalid("type").transcript(&OF_INVALID));
}

#[test]
fn the_commands_over_invalid_settings_without_a_schema() {
    golden!("config/commands", "invalid_without_a_schema", invalid("none").transcript(&OF_INVALID));
}

#[test]
fn a_rule_of_the_program_is_a_part_of_the_check() {
    for schema in ["type", "none"] {
        let shop = valid(schema).variable("SHOP_DATABASE__POOL", "65");
        shop.run("config check").exits_1().only_stderr("a pool of more than 64 connections logs too much");
    }
}

#[test]
fn what_cannot_be_read_is_exit_2() {
    let shop = Shop::new("none", Some("[server\n"));
    shop.run("config check").exits_1();
    let shop = Shop::new("file", Some(VALID));
    for command in ["show", "check", "explain log", "env", "schema", "init new.toml"] {
        shop.run(&format!("config {command}")).exits_2().stderr_has("schemas/shop.schema.json");
    }
}

#[test]
fn a_capital_name_of_a_map_is_explained_by_ways_that_there_are() {
    let err = |schema| valid(schema).variable("SHOP_LABELS__TEAM", "a").run("config check").succeeds().err;
    assert!(err("type").contains("write \"x-env-case\": \"keep\" into the schema"));
    assert!(err("none").contains("for `TEAM`, set the key in a file\n"), "{}", err("none"));
}

#[test]
fn help_names_the_program_and_its_options() {
    let commands = ["", "show ", "explain ", "check ", "env ", "schema ", "init "];
    let commands = commands.map(|command| format!("config {command}--help"));
    let text = Shop::new("none", None).transcript(&commands.each_ref().map(String::as_str));
    golden!("config/commands", "help", text);
}

#[test]
fn the_schema_is_printed_or_there_is_none() {
    let of = |schema| Shop::new(schema, None).transcript(&["config schema"]);
    // A schema has its own `$schema`, and no option.
    golden!("config/commands", "schema", format!("{}{}", of("type"), of("none")));
}

#[test]
fn init_writes_a_template_and_never_over_a_file() {
    let mut text = String::new();
    for schema in ["type", "none"] {
        let shop = Shop::new(schema, None);
        text += &shop.transcript(&["config init", "config init", "config init shop.json"]);
        text += &format!("--- shop.toml\n{}---\n\n", shop.dir.read("shop.toml"));
        shop.dir.write("shop.toml", "# mine\n");
        shop.run("config init").exits_2().only_stderr("`shop.toml` exists already");
        assert_eq!(shop.dir.read("shop.toml"), "# mine\n");
        shop.run("config init --force --format json").succeeds();
        assert!(shop.dir.read("shop.toml").starts_with("# Every setting"));
    }
    golden!("config/commands", "init", text);
}

#[test]
fn a_misspelt_key_is_suggested_nowhere_and_has_no_variable() {
    for schema in ["type", "none"] {
        let shop = Shop::new(schema, Some("prt = 1\n[server]\nprt = 2\n[database]\npasword = 'x'\n"));
        let explained = shop.run("config explain prt.x").exits_1();
        assert!(!explained.err.contains("did you mean `prt"), "{}", explained.err);
        let explained = shop.run("config explain server.prtt").exits_1();
        assert!(!explained.err.contains("`server.prt`"), "{}", explained.err);
        explained.stderr_has("did you mean `server.port`");
        let listed = shop.run("config env").out;
        assert!(listed.contains("SHOP_SERVER__PORT ") && !listed.contains("PRT"), "{listed}");
        assert!(!listed.contains("PASWORD"), "{listed}");
        let shop = shop.variable("SHOP_SERVER__PRT", "3").variable("SHOP_SERVER__PRTT", "3");
        let err = shop.run("config check").err;
        // The first one sets what the file sets too, and both are refused.
        assert_eq!(err.matches("did you mean `SHOP_SERVER__PORT`?").count(), 1, "{err}");
        assert!(!err.contains("did you mean `SHOP_SERVER__PRT"), "{err}");
    }
}

#[test]
fn an_unknown_key_is_reported_at_every_place_that_sets_it() {
    for schema in ["type", "none"] {
        for (table, text) in [("server", "prt = 1\n"), ("servr", "x = 1\n")] {
            let shop = Shop::new(schema, Some(&format!("[{table}]\n{text}")));
            shop.dir.write("more.toml", format!("\n[{table}]\n{text}"));
            let shop = shop.variable("SHOP_SERVER__PRT", "3");
            let err = shop.run("--file shop.toml --file more.toml config check").err;
            for place in ["--> shop.toml:", "--> more.toml:", "--> SHOP_SERVER__PRT"] {
                assert_eq!(err.matches(place).count(), 1, "{schema}: {place} in\n{err}");
            }
        }
    }
}

#[test]
fn env_shows_how_to_set_secret_files_and_items() {
    for schema in ["type", "none"] {
        let shop = Shop::new(schema, None).variable("SHOP_DATABASE__PASSWORD_FILE", "secret");
        shop.dir.write("secret", "hunter2-and-more\n");
        let listed = shop.run("config env").succeeds().out;
        assert!(listed.contains("  string or null   _FILE\n"), "{listed}");
        assert!(
            listed.contains("\nthe path of a file with the secret: SHOP_DATABASE__PASSWORD_FILE\n"),
            "{listed}"
        );
        assert!(
            listed.ends_with("\nan item of a list, by its number: such as SHOP_MIRRORS__0\n"),
            "{listed}"
        );
    }
}

#[test]
fn an_item_of_a_list_is_shown_as_it_is() {
    let shop = Shop::new("none", Some("mirrors = [{ host = 'a' }, { host = 'b', tls = { on = true } }]\n"));
    let shown = |key: &str| shop.run(&format!("config show {key}")).succeeds().out;
    assert_eq!(shown("mirrors[1]"), "host = \"b\"\n\n[tls]\non = true\n");
    assert_eq!(shown("mirrors[1].tls"), "[tls]\non = true\n");
    assert_eq!(shown("mirrors[1].host"), "\"b\"\n");
    assert_eq!(shown("mirrors[0] --origins"), "mirrors[0].host = \"a\"   # shop.toml:1:21\n");
    assert_eq!(shown("mirrors[1] --format json"), "{\"host\":\"b\",\"tls\":{\"on\":true}}\n");
}

#[test]
fn init_writes_a_file_that_the_program_reads() {
    let shop = Shop::new("none", None);
    shop.run("--file conf.d --file shop.toml config init").succeeds();
    assert!(shop.dir.read("shop.toml").starts_with("# Every setting"));
    let shop = Shop::new("none", None);
    let refused = shop.run("--file shop.json config init").exits_2();
    refused.only_stderr(
        "`shop.json` is read as JSON, and a template is TOML\nhelp: `show --format json` prints the settings in use, to start from",
    );
    shop.run("--file conf.d config init")
        .exits_2()
        .only_stderr("there is no file to write\nhelp: name it: init FILE");
    assert_eq!(std::fs::read_dir(shop.dir.path("")).unwrap().count(), 0);
}

#[test]
fn a_template_names_the_schema_file_where_there_is_one() {
    let shop = Shop::new("file", None);
    let schema = Shop::new("type", None).run("config schema").succeeds().out;
    shop.dir.write("schemas/shop.schema.json", schema);
    shop.run("config init").succeeds().no_stderr();
    assert!(shop.dir.read("shop.toml").starts_with("#:schema schemas/shop.schema.json\n#\n# Every"));
    let printed = shop.run("config schema").succeeds().out;
    assert_eq!(printed, shop.dir.read("schemas/shop.schema.json"), "the file as it is");
}

#[test]
fn an_uncommented_template_gives_the_defaults_without_the_secrets() {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with([' ', ':', '#']) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    for schema in ["type", "none"] {
        let shop = Shop::new(schema, None);
        shop.run("config init").succeeds();
        let text: String = shop.dir.read("shop.toml").lines().map(uncomment).collect();
        let layer = parse(&Source::document(LayerKind::File, "shop.toml", text), Language::Toml).unwrap();
        let expected = serde_json::json!({
            "log": "info", "server": {"host": "localhost", "port": 8080}, "labels": {"region": "north"}, "database": {},
        });
        assert_eq!(layer.root().to_json(), expected, "{schema}");
    }
}

#[test]
fn the_reference_describes_every_setting() {
    let of = |schema| Shop::new(schema, None).run("reference").succeeds().out;
    for schema in ["type", "none"] {
        assert!(!of(schema).contains("swordfish"));
    }
    golden!("config/commands", "reference_with_a_schema", of("type"));
    golden!("config/commands", "reference_without_a_schema", of("none"));
}

#[test]
fn a_committed_file_is_compared_and_written_on_request() {
    let compare = |update: Option<&'static str>, file: Option<&[u8]>| {
        let mut shop = Shop::new("type", None);
        shop.variables.extend(update.map(|value| ("SPECKIT_UPDATE", value)));
        file.into_iter().for_each(|bytes| shop.dir.write("settings.md", bytes));
        // The failed assertion of a test is a panic, which `run` would refuse.
        let output = shop.command("reference settings.md").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), err, std::fs::read(shop.dir.path("settings.md")).ok())
    };
    let reference = Shop::new("type", None).run("reference").succeeds().out.into_bytes();
    let windows = String::from_utf8(reference.clone()).unwrap().replace('\n', "\r\n").into_bytes();
    let other = String::from_utf8(reference.clone()).unwrap().replace("8080", "8081").into_bytes();
    for update in [None, Some("0"), Some("")] {
        let (passes, err, file) = compare(update, Some(&other));
        assert!(!passes && err.contains("-- Default: `8081`\n+- Default: `8080`\n"), "{err}");
        assert!(err.contains("run the test with SPECKIT_UPDATE=1"), "{err}");
        assert_eq!(file.as_ref(), Some(&other), "it is not written");
        let (passes, err, file) = compare(update, None);
        assert!(!passes && err.contains("`settings.md` does not exist") && file.is_none(), "{err}");
    }
    for update in [None, Some("1")] {
        for equal in [&reference, &windows] {
            let (passes, err, file) = compare(update, Some(equal));
            assert!(passes && file.as_ref() == Some(equal), "{err}");
        }
        let (passes, err, file) = compare(update, Some(b"\xff"));
        assert!(!passes && file.as_deref() == Some(b"\xff"), "{err}");
    }
    for file in [None, Some(&*other)] {
        let (passes, err, file) = compare(Some("1"), file);
        assert!(passes && file.as_ref() == Some(&reference), "{err}");
    }
}

#[test]
fn reveal_shows_a_secret() {
    let shop = valid("type");
    assert_eq!(shop.run("config show database.password --reveal").succeeds().out, "\"hunter2-and-more\"\n");
}

#[cfg(unix)]
#[test]
fn a_reader_may_close_the_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output =
        valid("type").command("config show").stdout(Stdio::from(writer)).stderr(Stdio::piped()).output();
    let result = RunResult::from_output(output.unwrap());
    assert_eq!((result.code, result.err.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_exit_2() {
    let shop = valid("type");
    for command in ["show", "check", "explain log", "env", "schema", "init new.toml"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let command = format!("config {command}");
        let output = shop.command(&command).stdout(Stdio::from(full)).stderr(Stdio::piped()).output();
        RunResult::from_output(output.unwrap()).exits_2().stderr_has("the result cannot be written");
    }
    let mut closed = Command::new("sh");
    closed.args([
        "-c",
        "exec \"$0\" --schema-of type config show >&-",
        env!("CARGO_BIN_EXE_speckit-own-commands"),
    ]);
    let output = closed.current_dir(shop.dir.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
