//! Layers that an application adds: `.env` files, arguments, values and texts of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use speckit::{Builder, Config, ConfigPath, Environment, Language, Layer, LayerKind, Secret, Show};
use tempfile::TempDir;

mod arguments;
mod dotenv;

#[derive(Debug, Deserialize)]
struct Settings {
    #[serde(default)]
    port: u16,
    #[serde(default)]
    ratio: Option<f64>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "its origins are tested")]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    database: Database,
    #[serde(default)]
    certificate: ConfigPath,
}

#[derive(Debug, Default, Deserialize)]
struct Database {
    #[serde(default)]
    host: String,
    #[serde(default)]
    password: Secret<String>,
}

/// A folder with files, and a builder for the prefix `APP` that reads no variable of this process.
struct TestApp {
    folder: TempDir,
}

impl TestApp {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn builder(&self) -> Builder<Settings> {
        Config::builder().env_prefix("APP").environment(Environment::default())
    }

    /// A text without the path of the folder.
    fn relative(&self, text: impl std::fmt::Display) -> String {
        text.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }

    fn origins(&self, config: &Config<Settings>) -> String {
        self.relative(config.snapshot().show(Show::Origins))
    }
}

#[test]
fn a_relative_path_of_a_file_is_relative_to_that_file() {
    let app = TestApp::new()
        .file("etc/app.toml", "certificate = 'tls/server.pem'")
        .file("etc/absolute.toml", "certificate = '/srv/server.pem'")
        .file("home/.env", "APP_CERTIFICATE=dotenv.pem");
    let of = |builder: Builder<Settings>| builder.open().unwrap().load().certificate.clone().into_path();
    assert_eq!(of(app.builder().file(app.path("etc/app.toml"))), app.path("etc/tls/server.pem"));
    assert_eq!(of(app.builder().file(app.path("etc/absolute.toml"))), PathBuf::from("/srv/server.pem"));
    assert_eq!(of(app.builder().dotenv(app.path("home/.env"))), app.path("home/dotenv.pem"));
    let environment = Environment::of([("APP_CERTIFICATE", "tls/env.pem")]);
    assert_eq!(of(app.builder().environment(environment)), PathBuf::from("tls/env.pem"));
    assert_eq!(of(app.builder().set("certificate", "set.pem")), PathBuf::from("set.pem"));
    assert_eq!(of(app.builder().defaults_toml("certificate = 'd.pem'")), PathBuf::from("d.pem"));
    let error = app.builder().defaults_toml("certificate = 5").open().unwrap_err();
    assert_eq!(error.diagnostics()[0].message, "expected string, found integer");
}

#[test]
fn a_path_below_a_flattened_type_stays_as_it_is() {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        certificate: ConfigPath,
    }
    let app = TestApp::new().file("app.toml", "certificate = 'a.pem'");
    let config = Config::<Outer>::builder().file(app.path("app.toml")).open().unwrap();
    assert_eq!(*config.load().inner.certificate, *PathBuf::from("a.pem"));
    let by_serde_json: ConfigPath = serde_json::from_str("\"a.pem\"").unwrap();
    assert_eq!(serde_json::to_string(&by_serde_json).unwrap(), "\"a.pem\"");
}

#[test]
fn an_empty_variable_is_ignored_on_request_where_the_key_takes_no_text() {
    let app = TestApp::new().file(".env", "APP_PORT=\n");
    let variables = [("APP_RATIO", ""), ("APP_NAMES", ""), ("APP_DATABASE__HOST", "")];
    let builder = || {
        let defaults = "port = 80\nratio = 0.5\nnames = ['a']\ndatabase.host = 'x'\n";
        let builder = app.builder().defaults_toml(defaults).dotenv(app.path(".env"));
        builder.environment(Environment::of(variables))
    };
    let config = builder().env_ignore_empty(true).open().unwrap();
    let settings = config.load();
    assert_eq!((settings.port, settings.ratio, settings.names.len()), (80, Some(0.5), 1));
    assert_eq!(settings.database.host, "", "a text may be empty");
    assert_eq!(builder().open().unwrap_err().diagnostics()[0].code, "env/type");
}

#[test]
fn a_layer_of_the_program_takes_the_place_of_its_kind_and_is_listed_with_the_files() {
    let app = TestApp::new().file("app.toml", "port = 1\n").file(".env", "APP_PORT=3\n");
    let vault =
        Layer::of_text(LayerKind::Source, "vault", "port = 2\nratio = 0.25\n", Language::Toml).unwrap();
    let given = Layer::of_text(LayerKind::Env, "given", "names = ['a']\n", Language::Toml).unwrap();
    let builder = app.builder().layer(given).layer(vault).file(app.path("app.toml"));
    let builder = builder.file(app.path("absent.toml")).dotenv(app.path(".env"));
    let config = builder.open().unwrap();
    assert_eq!(
        app.origins(&config),
        "names = [\"a\"]   # given:1:9\nport = 3        # .env:1:1\nratio = 0.25    # vault:2:9\n"
    );
    let snapshot = config.snapshot();
    let sources: Vec<_> = snapshot
        .sources()
        .iter()
        .map(|source| (source.kind.name(), app.relative(&source.name), source.is_present))
        .collect();
    let expected = [
        ("file", "app.toml", true),
        ("file", "absent.toml", false),
        ("source", "vault", true),
        ("dotenv", ".env", true),
        ("env", "given", true),
    ];
    assert_eq!(sources, expected.map(|(kind, name, is_present)| (kind, name.to_owned(), is_present)));
    let why = app.relative(config.snapshot().explain("port").unwrap().to_text());
    let lines: Vec<String> =
        why.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[1], "set by .env:1:1 (APP_PORT)");
    let layers = ["file app.toml:1:8 1 shadowed", "source vault:1:8 2 shadowed", ".env .env:1:1 3 won"];
    assert_eq!(lines[lines.len() - 3..], layers);
}

#[test]
fn an_absent_file_with_a_near_name_beside_it_is_reported() {
    let app = TestApp::new().file("settings.toml", "port = 1\n").file("conf.d/10.toml", "");
    let builder = app.builder().file(app.path("setings.toml")).file(app.path("other.toml"));
    let config = builder.file("~/settings.toml").file(app.path("conf.d")).open().unwrap();
    insta::assert_snapshot!(app.relative(config.snapshot().warnings()), @r"
    warning[file/absent]: `setings.toml` does not exist
     = help: did you mean `settings.toml`, which is in the same folder?

    warning[file/absent]: `~/settings.toml` does not exist
     = help: `~` is not replaced by the home folder here: give the whole path

    warning[file/empty]: the file is empty and sets nothing
     --> conf.d/10.toml

    3 warnings
    ");
    let known = app.builder().file(app.path("setings.toml")).file(app.path("settings.toml")).open().unwrap();
    assert!(known.snapshot().warnings().is_empty(), "the other file is one of the configuration");
}

#[test]
fn values_that_set_nothing_are_no_layer() {
    let nothing = BTreeMap::from([("port", None::<u16>)]);
    let config = TestApp::new().builder().defaults_toml("port = 80").overrides("command line", &nothing);
    let snapshot = config.open().unwrap().snapshot();
    assert_eq!(snapshot.settings().port, 80);
    assert_eq!(snapshot.checked().layers().len(), 1);
}
