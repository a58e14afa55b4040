//! Secrets that the type or the builder names.

use super::*;

#[test]
fn a_secret_is_redacted_by_its_type_and_by_its_key() {
    #[derive(Debug, Deserialize)]
    struct Secrets {
        password: Option<speckit::Secret<String>>,
        token: String,
        nested: BTreeMap<String, Vec<speckit::Secret<u32>>>,
    }
    let config = Config::<Secrets>::builder()
        .defaults_toml("token = 'tok-one'\nnested.a = [12345, 67890]\n")
        .env_prefix("APP")
        .environment(Environment::of([("APP_PASSWORD", "hunter2-is-long")]))
        .secret("token")
        .open()
        .unwrap();
    insta::assert_snapshot!(config.snapshot().to_text(), @r#"
    nested.a = ["[redacted]", "[redacted]"]
    password = "[redacted]"
    token = "[redacted]"
    "#);
    let settings = config.current();
    assert_eq!(settings.password.as_ref().unwrap().expose(), "hunter2-is-long");
    assert_eq!((settings.nested["a"][1].expose(), settings.token.as_str()), (&67890, "tok-one"));
    let shown = format!("{settings:?} {:?}", config.snapshot().explain("password").unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_secret_of_the_type_is_read_from_a_file() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        password: speckit::Secret<String>,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "hunter2\n").unwrap();
    let environment = Environment::of([("APP_PASSWORD_FILE", path.to_str().unwrap())]);
    let config = Config::<Settings>::builder().env_prefix("APP").environment(environment).open().unwrap();
    assert_eq!(config.current().password.expose(), "hunter2");
}

#[test]
fn a_misspelt_secret_is_not_shown_and_a_secret_that_no_key_has_is_refused() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        token: Option<speckit::Secret<String>>,
        server: Option<Server>,
        servers: Option<Vec<Server>>,
    }
    let text = "tokn = 'hunter2-is-long'\nTOKEN = 'hunter3-is-long'\nserver = { host = 'a', hsot = 'hunter4-is-long' }\n";
    let dir = TestDir::new().file("app.toml", text);
    let builder = || Config::<Settings>::builder().file(dir.path("app.toml")).secret("server.host");
    let snapshot = builder().open().unwrap().snapshot();
    let shown = [
        snapshot.to_text(),
        snapshot.show(speckit::Show::Origins),
        snapshot.show(speckit::Show::Json),
        snapshot.warnings().to_string(),
        snapshot.explain("tokn").unwrap().to_text(),
        builder().deny_unknown_fields(true).open().err().unwrap().to_string(),
    ];
    for text in shown {
        assert!(!text.contains("hunter"), "{text}");
    }
    for key in ["passwrd", "server.hots", "servers.host", "token.x"] {
        let error = builder().secret(key).open().err().unwrap();
        assert_eq!(error.diagnostics()[0].code, "rule/key", "{error}");
    }
    assert!(builder().secret("servers").open().is_ok());
}

#[test]
fn a_value_in_the_place_of_a_table_or_list_of_secrets_is_not_shown() {
    use speckit::Secret;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct User {
        name: String,
        token: Secret<String>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        list: Vec<Secret<String>>,
        map: BTreeMap<String, Secret<String>>,
        pair: (Secret<String>, u8),
        user: User,
        users: BTreeMap<String, User>,
    }
    let text = "list = 'hunter1-is-long'\nmap = 'hunter2-is-long'\npair = 'hunter3-is-long'\nuser = 'hunter4-is-long'\n[users]\nann = 'hunter5-is-long'\n";
    let dir = TestDir::new().file("app.toml", text);
    let error = Config::<Settings>::builder().file(dir.path("app.toml")).open().err().unwrap();
    assert_eq!(error.diagnostics().len(), 5, "{error}");
    assert!(!error.to_string().contains("hunter"), "{error}");
    let good = "list = []\nmap = {}\npair = ['a', 1]\nuser = { name = 'Bob', token = 'b' }\nusers = {}\n";
    let config = Config::<Settings>::builder().defaults_toml(good).open().unwrap();
    assert!(config.snapshot().explain("user").unwrap().to_text().contains("Bob"));
}

#[test]
fn an_element_of_a_tuple_with_a_secret_is_not_shown() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        pair: (u8, speckit::Secret<String>),
    }
    let dir = TestDir::new().file("app.toml", "pair = ['hunter2-is-long']\n");
    let error = Config::<Settings>::builder().file(dir.path("app.toml")).open().err().unwrap();
    assert!(!error.to_string().contains("hunter"), "{error}");
}

/// serde does not tell the names of the fields of a type that has a flattened one.
#[test]
fn a_secret_that_is_known_only_after_it_was_read_is_redacted_with_a_warning() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        database: Database,
        servers: Vec<Database>,
        #[serde(flatten)]
        rest: BTreeMap<String, u16>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Database {
        password: speckit::Secret<String>,
    }
    let text =
        "port = 80\ndatabase.password = 'hunter1-is-long'\nservers = [{ password = 'hunter2-is-long' }]\n";
    let dir = TestDir::new().file("app.toml", text);
    let builder = || Config::<Settings>::builder().file(dir.path("app.toml"));
    let config = builder().open().unwrap();
    let snapshot = config.snapshot();
    insta::assert_snapshot!(snapshot.warnings(), @r#"
    warning[type/secret]: database.password: a secret that is known only after it was read: an error report may show it
     = help: its type is below one with a flattened field, or a tagged one: call `.secret("database.password")` of the builder

    warning[type/secret]: servers[0].password: a secret that is known only after it was read: an error report may show it
     = help: its type is below one with a flattened field, or a tagged one: call `.secret("servers")` of the builder

    2 warnings
    "#);
    let inspection = builder().inspect().unwrap();
    let explained = inspection.explain(&"database.password".parse().unwrap()).unwrap().to_text();
    std::fs::write(dir.path("app.toml"), text.replace("hunter1", "hunter3")).unwrap();
    let events = config.subscribe();
    config.reload().unwrap();
    let event = format!("{:?}", events.try_recv().unwrap().event);
    for shown in [snapshot.to_text(), snapshot.show(speckit::Show::Origins), explained, event] {
        assert!(!shown.contains("hunter"), "{shown}");
    }
    let marked = builder().secret("database.password").secret("servers").open().unwrap();
    assert!(marked.snapshot().warnings().is_empty(), "{}", marked.snapshot().warnings());
}

#[test]
fn no_document_of_a_builder_has_a_secret_default() {
    use speckit::Secret;

    #[derive(Deserialize, schemars::JsonSchema)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        #[serde(default = "hunter::<1>")]
        password: Secret<String>,
        #[serde(default)]
        database: Database,
        #[serde(default = "databases")]
        replicas: Vec<Database>,
        #[serde(default = "by_name")]
        by_name: BTreeMap<String, Secret<String>>,
        token: Option<String>,
    }
    #[derive(Deserialize, serde::Serialize, schemars::JsonSchema)]
    struct Database {
        host: String,
        password: Option<Secret<String>>,
    }
    impl Default for Database {
        fn default() -> Self {
            Self { host: "localhost".into(), password: Some(hunter::<2>()) }
        }
    }
    fn hunter<const NUMBER: u8>() -> Secret<String> {
        Secret::new(format!("hunter{NUMBER}-is-long"))
    }
    fn databases() -> Vec<Database> {
        vec![Database::default()]
    }
    fn by_name() -> BTreeMap<String, Secret<String>> {
        [("a".into(), hunter::<3>())].into()
    }
    let defaults = "token = 'hunter4-is-long'\npassword = 'hunter5-is-long'\n[database]\nhost = 'localhost'\n\
                    password = 'hunter6-is-long'\n[[replicas]]\nhost = 'replica'\npassword = 'hunter7-is-long'\n\
                    [by_name]\nb = 'hunter8-is-long'\n";
    let builder = || Config::<Settings>::builder().defaults_toml(defaults).secret("token");
    for builder in [&builder as &dyn Fn() -> Builder<Settings>, &|| builder().schema_of_type()] {
        let schema = builder().schema().unwrap().unwrap_or_default();
        for text in [builder().template().unwrap(), builder().reference_markdown().unwrap(), schema.clone()] {
            assert!(!text.contains("hunter"), "{text}");
            assert!(text.is_empty() || text.contains("localhost"), "{text}");
        }
        let template = builder().template().unwrap();
        assert!(template.contains("secret)\n# replicas =\n"), "{template}");
    }
    let schema: serde_json::Value =
        serde_json::from_str(&builder().schema_of_type().schema().unwrap().unwrap()).unwrap();
    let property = |name: &str| &schema["properties"][name];
    assert_eq!(property("database")["default"], serde_json::json!({ "host": "localhost" }));
    assert_eq!(property("replicas")["default"], serde_json::json!([{ "host": "localhost" }]));
    assert_eq!(property("password").get("default"), None);
}
