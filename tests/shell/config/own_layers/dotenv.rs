//! `.env` files as a layer.

use speckit_core::Code;

use super::*;

#[test]
fn the_variables_of_a_file_are_typed_like_those_of_the_environment_which_win() {
    let text = "# local\nexport APP_PORT=8081\nAPP_NAMES='a, b'\nAPP_LABELS__team=\"x\\ny\"\nOTHER=1\n";
    let app = TestApp::new().file("app.toml", "port = 1\nratio = 1\n").file(".env", text);
    let builder = app.builder().dotenv(app.path(".env")).file(app.path("app.toml"));
    let builder = builder.environment(Environment::of([("APP_RATIO", "0.5"), ("APP_NAMES", "c")]));
    let config = builder.open().unwrap();
    assert_eq!(
        app.origins(&config),
        "labels.team = \"x\\ny\"   # .env:4:1\nnames = [\"c\"]          # APP_NAMES\n\
         port = 8081            # .env:2:8\nratio = 0.5            # APP_RATIO\n"
    );
    assert!(config.snapshot().warnings().is_empty(), "{}", config.snapshot().warnings());
    let origin = config.snapshot().explain("port").unwrap().winner.unwrap();
    let json = app.relative(serde_json::to_string(&origin).unwrap());
    assert_eq!(json, r#"{"layer":"dotenv","name":".env","line":2,"column":8,"variable":"APP_PORT"}"#);
    assert!(std::env::var_os("APP_PORT").is_none(), "the environment of the process is as before");
}

#[test]
fn every_mistake_has_its_line_and_no_line_is_shown() {
    let text = "APP_PROT=1\nAPP_PORT=many\nAPP_DATABASE__PASWORD=hunter2\nAPP_RATIO=1\nAPP_RATIO=x\n";
    let app = TestApp::new().file(".env", text);
    let error = app.builder().dotenv(app.path(".env")).open().unwrap_err();
    insta::assert_snapshot!(app.relative(&error), @r#"
    warning[env/unknown]: `APP_PROT` sets no key
     --> .env:1:1
      = help: did you mean `APP_PORT`?

    error[env/type]: port: `APP_PORT`: expected integer, found string "many"
     --> .env:2:1
      = help: write a whole number such as `10`

    warning[env/unknown]: `APP_DATABASE__PASWORD` sets no key
     --> .env:3:1
      = help: did you mean `APP_DATABASE__PASSWORD`?

    warning[env/duplicate]: `APP_RATIO` is set again, and replaces its value of line 4
     --> .env:5:1
      = help: remove one of the two lines

    error[env/type]: ratio: `APP_RATIO`: expected number or null, found string "x"
     --> .env:5:1
      = help: write a number such as `10` or `0.5`

    2 errors, 3 warnings
    "#);
}

#[test]
fn a_line_that_is_no_assignment_is_shown_without_what_may_be_a_secret() {
    let app = TestApp::new().file(".env", "APP_PORT=1\nAPP_DATABASE__PASSWORD: hunter2\n");
    let error = app.builder().dotenv(app.path(".env")).open().unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert_eq!(error.diagnostics()[0].code, Code::ParseDotenv);
    assert_eq!(app.relative(error.diagnostics()[0].origin.as_ref().unwrap()), ".env:2:1");
}

#[test]
fn a_secret_is_redacted_and_may_be_in_a_file() {
    let app = TestApp::new().file("password", "hunter2\n");
    let text = format!("APP_DATABASE__PASSWORD_FILE={}\n", app.path("password").display());
    app.write(".env", &text);
    let config = app.builder().dotenv(app.path(".env")).open().unwrap();
    assert_eq!(config.load().database.password.expose(), "hunter2");
    assert_eq!(app.origins(&config), "database.password = \"[redacted]\"   # .env:1:1\n");
}

#[test]
fn a_file_is_read_again_at_each_load_and_may_come_and_go() {
    let app = TestApp::new();
    let config = app.builder().dotenv(app.path(".env")).open().unwrap();
    assert_eq!(config.load().port, 0);
    for (text, port) in [("APP_PORT=1", 1), ("APP_PORT=2", 2)] {
        app.write(".env", text);
        assert_eq!(config.reload().unwrap(), speckit::Reloaded::Renewed);
        assert_eq!(config.load().port, port);
    }
    app.write(".env", "APP_PORT=");
    config.reload().unwrap_err();
    assert_eq!(config.load().port, 2, "the last good one stays");
    std::fs::remove_file(app.path(".env")).unwrap();
    config.reload().unwrap();
    assert_eq!(config.load().port, 0);
    std::fs::create_dir(app.path(".env")).unwrap();
    let error = config.reload().unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "file/unreadable");
}

#[test]
fn a_watcher_reloads_when_the_file_changes() {
    let app = TestApp::new().file(".env", "APP_PORT=1");
    let builder = app.builder().dotenv(app.path(".env")).debounce(std::time::Duration::from_millis(50));
    let config = builder.open().unwrap();
    let events = config.subscribe();
    let _watcher = config.watch().unwrap();
    app.write(".env", "APP_PORT=2");
    let timeout = std::time::Duration::from_secs(20);
    while config.load().port != 2 {
        events.recv_timeout(timeout).expect("the change is published");
    }
}

#[test]
fn without_a_prefix_the_builder_refuses_a_file() {
    let error = Config::<Settings>::builder().dotenv(".env").open().unwrap_err();
    insta::assert_snapshot!(error, @r#"
    error[rule/prefix]: `dotenv` needs the prefix of the variables
     = help: call `env_prefix`, such as `.env_prefix("APP")`

    1 error
    "#);
    let error = Config::<Settings>::builder().dotenv(".env").env_prefix("a-b").open().unwrap_err();
    assert_eq!(error.diagnostics().len(), 1, "{error}");
}

#[test]
fn the_history_does_not_keep_the_file_which_often_has_secrets() {
    let app =
        TestApp::new().file(".env", "APP_PORT=1\nOTHER_SECRET=hunter2\n").file("app.toml", "ratio = 1\n");
    let builder = app.builder().dotenv(app.path(".env")).file(app.path("app.toml"));
    let config = builder.history(app.path("app.db")).open().unwrap();
    config.flush_history(std::time::Duration::from_secs(60)).unwrap();
    drop(config);
    for name in ["app.db", "app.db-wal"] {
        let bytes = std::fs::read(app.path(name)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{name}");
    }
}

#[test]
fn the_defaults_that_replace_refused_files_have_the_layers_above_them() {
    let app = TestApp::new().file("app.toml", "port = 'x'\n").file(".env", "APP_RATIO=0.5\n");
    let vault = Layer::of_text(LayerKind::Source, "vault", "labels.a = 'b'\n", Language::Toml).unwrap();
    let builder = || {
        let builder = app.builder().defaults_toml("port = 80\n").file(app.path("app.toml"));
        let builder = builder.layer(vault.clone()).dotenv(app.path(".env")).set("names", "c");
        builder.fallback(speckit::Fallback::Defaults)
    };
    let variables = Environment::of([("APP_DATABASE__HOST", "db")]);
    let config = builder().environment(variables.clone()).open().unwrap();
    assert_eq!(
        app.origins(&config),
        "database.host = \"db\"   # APP_DATABASE__HOST\nlabels.a = \"b\"         # vault:1:12\n\
         names = [\"c\"]          # .set(\"names\")\nport = 80              # defaults:1:8\n\
         ratio = 0.5            # .env:1:1\n"
    );
    app.write(".env", "APP_RATIO=half\n");
    let config = builder().environment(variables).open().unwrap();
    assert_eq!(app.origins(&config), "port = 80   # defaults:1:8\n", "they are invalid too");
}

#[test]
fn an_absent_file_with_a_near_name_beside_it_is_reported() {
    let app = TestApp::new().file("stage.env", "APP_PORT=1\n");
    let config = app.builder().dotenv(app.path("stagr.env")).open().unwrap();
    insta::assert_snapshot!(app.relative(config.snapshot().warnings()), @r"
    warning[file/absent]: `stagr.env` does not exist
     = help: did you mean `stage.env`, which is in the same folder?

    1 warning
    ");
    let known = app.builder().dotenv(app.path("stagr.env")).dotenv(app.path("stage.env")).open().unwrap();
    assert!(known.snapshot().warnings().is_empty(), "the other file is one of the configuration");
    assert_eq!(known.load().port, 1);
}

#[test]
fn a_quote_that_is_closed_in_another_line_shows_no_line_between() {
    let app = TestApp::new().file(".env", "APP_PORT=\"8\nAPP_DATABASE__PASSWORD=hunter2\nAPP_RATIO=\"\n");
    let error = app.builder().dotenv(app.path(".env")).open().unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert_eq!(error.diagnostics()[0].message, "`APP_PORT`: expected integer, found string");
    for text in ["APP_PORT=8\rAPP_DATABASE__PASSWORD=hunter2\r", "APP_PORT=8 APP_DATABASE__PASSWORD=hunter2"]
    {
        app.write(".env", text);
        let error = app.builder().dotenv(app.path(".env")).open().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_variable_of_unknown_type_is_what_the_type_of_the_settings_accepts() {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        port: u16,
        name: String,
    }
    let app = TestApp::new().file(".env", "APP_PORT=80\nAPP_NAME=80\n");
    let builder = Config::<Outer>::builder().env_prefix("APP").environment(Environment::default());
    let config = builder.dotenv(app.path(".env")).open().unwrap();
    assert_eq!((config.load().inner.port, config.load().inner.name.as_str()), (80, "80"));
}

#[test]
fn the_variables_of_an_inspection_are_those_of_all_files_and_of_the_environment_which_wins() {
    let app = TestApp::new().file("low.env", "APP_PORT=1\nAPP_RATIO=1\nAPP_NAMES=low\n");
    app.write("high.env", "APP_PORT=2\nAPP_RATIO=2\n");
    let builder = app.builder().dotenv(app.path("low.env")).dotenv(app.path("high.env"));
    let variables = builder.environment(Environment::of([("APP_PORT", "3")])).inspect().unwrap().variables();
    let texts = ["APP_PORT", "APP_RATIO", "APP_NAMES"].map(|name| variables.text(name));
    assert_eq!(texts, [Some("3"), Some("2"), Some("low")]);
}
