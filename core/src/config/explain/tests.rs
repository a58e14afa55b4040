use super::*;
use crate::config::schema::TypeSet;
use crate::config::source::{Language, parse};
use crate::config::{Layer, ListStrategy};
use crate::tree::nearest::nearest_keys;
use crate::tree::{LayerKind, Number, Source};

fn file(kind: LayerKind, name: &str, text: &str) -> Layer {
    parse(&Source::document(kind, name, text), Language::Toml).unwrap()
}

/// A layer of one value; `server.port` is two names.
fn one(key: &str, kind: Kind, origin: Origin) -> Layer {
    let key: Key = key.parse().unwrap();
    let value = Value::new(kind, origin.clone());
    let root = key.segments().iter().rev().fold(value, |below, segment| {
        let crate::tree::Segment::Name(name) = segment else { unreachable!() };
        Value::table([(name.clone(), below)], origin.clone())
    });
    Layer::new(root)
}

fn variable(name: &str, text: &str) -> Origin {
    Origin::whole(&Source::variable(name, text))
}

fn unset() -> Origin {
    Origin::whole(&Source::fragment(LayerKind::Override, "--unset", ""))
}

fn merged(layers: &[Layer]) -> Merged {
    Merged::of(layers, &|key| {
        if key.to_string() == "list" { ListStrategy::Append } else { ListStrategy::Replace }
    })
    .unwrap()
}

fn secret(key: &Key) -> bool {
    key.to_string().contains("secret")
}

fn text(layers: &[Layer], key: &str) -> String {
    explain(&merged(layers), &key.parse().unwrap(), None, &secret, None).unwrap().to_text()
}

fn port() -> [Layer; 3] {
    [
        file(LayerKind::Defaults, "defaults.toml", "[server]\nport = 8080\n"),
        file(LayerKind::File, "app.toml", "# mine\n[server]\nport = 0x1f91\n"),
        one("server.port", Kind::Number(Number::Int(9000)), variable("APP_SERVER__PORT", "9000")),
    ]
}

fn facts() -> Facts {
    Facts {
        types: TypeSet::INTEGER,
        range: Some("1..=65535".into()),
        default: Some(Value::new(Kind::Number(Number::Int(8080)), unset())),
        description: Some("The port that the server listens on.".into()),
        reload: Reload::Restart,
        ..Facts::default()
    }
}

#[test]
fn a_key_is_explained_with_its_whole_history() {
    let key = "server.port".parse().unwrap();
    let port = explain(&merged(&port()), &key, Some(&facts()), &secret, Some("APP_SERVER__PORT")).unwrap();
    assert_eq!(
        port.to_text(),
        "\
server.port = 9000
  set by     APP_SERVER__PORT (environment)
  type       integer, 1..=65535
  default    8080
  reload     restart: a change takes effect when the program starts again
  variable   APP_SERVER__PORT
  history    lowest layer first
    defaults      defaults.toml:2:8   8080   shadowed
    file          app.toml:3:8        8081   shadowed
    environment   APP_SERVER__PORT    9000   won
  The port that the server listens on.
"
    );
    assert_eq!(
        serde_json::to_string(&port).unwrap(),
        concat!(
            r#"{"key":"server.port","value":9000,"#,
            r#""winner":{"layer":"env","name":"environment","line":null,"column":null,"variable":"APP_SERVER__PORT"},"#,
            r#""history":[{"origin":{"layer":"defaults","name":"defaults.toml","line":2,"column":8,"variable":null},"#,
            r#""raw":"8080","value":8080,"decision":"shadowed"},"#,
            r#"{"origin":{"layer":"file","name":"app.toml","line":3,"column":8,"variable":null},"#,
            r#""raw":"0x1f91","value":8081,"decision":"shadowed"},"#,
            r#"{"origin":{"layer":"env","name":"environment","line":null,"column":null,"variable":"APP_SERVER__PORT"},"#,
            r#""raw":"9000","value":9000,"decision":"won"}],"type":"integer","range":"1..=65535","default":8080,"#,
            r#""description":"The port that the server listens on.","variable":"APP_SERVER__PORT","#,
            r#""reload":"restart","secret":false}"#
        )
    );
}

#[test]
fn a_table_and_a_joined_list_show_their_parts() {
    assert_eq!(
        text(&port(), "server"),
        "\
server = { port = 9000 }
  set by     app.toml:2:1 (file)
  reload     live
  history    lowest layer first
    defaults      defaults.toml:1:1   { port = 8080 }   merged
    file          app.toml:2:1        { port = 8081 }   merged
    environment   APP_SERVER__PORT    { port = 9000 }   merged
"
    );
    let lists = [
        file(LayerKind::File, "a.toml", "list = 'none'\n"),
        file(LayerKind::File, "b.toml", "list = [1]\n"),
        file(LayerKind::File, "c.toml", "list = [2]\n"),
    ];
    assert_eq!(
        text(&lists, "list"),
        "\
list = [1, 2]
  set by     c.toml:1:8 (file)
  reload     live
  history    lowest layer first
    file   a.toml:1:8   \"none\"   shadowed
    file   b.toml:1:8   [1]      merged
    file   c.toml:1:8   [2]      merged
"
    );
}

#[test]
fn a_removed_key_names_what_removed_it() {
    let [defaults, file, _] = port();
    let layers = [defaults, file, one("server.port", Kind::Unset, unset())];
    let port = explain(&merged(&layers), &"server.port".parse().unwrap(), None, &secret, None).unwrap();
    assert_eq!((&port.value, &port.winner), (&None, &None));
    assert_eq!(
        port.to_text(),
        "\
server.port is not set
  removed by --unset (override)
  reload     live
  history    lowest layer first
    defaults   defaults.toml:2:8   8080      shadowed
    file       app.toml:3:8        8081      shadowed
    override   --unset             removed   won
"
    );
    let last = serde_json::to_value(port.history.last().unwrap()).unwrap();
    assert_eq!(
        (&last["value"], &last["decision"], &last["origin"]["name"]),
        (&().into(), &"won".into(), &"--unset".into())
    );
}

#[test]
fn a_value_below_a_replaced_or_removed_table_is_found() {
    let [defaults, file, env] = port();
    let removed = [defaults.clone(), file.clone(), one("server", Kind::Unset, unset())];
    let history = text(&removed, "server.port");
    assert!(history.contains("defaults.toml:2:8   8080      shadowed\n"), "{history}");
    assert!(
        history.ends_with(
            "app.toml:3:8        8081      shadowed\n    override   --unset             removed   won\n"
        ),
        "{history}"
    );
    assert!(explain(&merged(&removed), &"server.host".parse().unwrap(), None, &secret, None).is_none());

    let replaced = [defaults, file, one("server", Kind::Bool(false), unset()), env];
    assert_eq!(
        text(&replaced, "server.port"),
        "\
server.port = 9000
  set by     APP_SERVER__PORT (environment)
  reload     live
  history    lowest layer first
    defaults      defaults.toml:2:8   8080   shadowed
    file          app.toml:3:8        8081   shadowed
    environment   APP_SERVER__PORT    9000   won
"
    );
}

#[test]
fn a_key_that_only_the_schema_knows_is_explained_and_an_unknown_one_is_not() {
    let layers = port();
    let host = "server.host".parse().unwrap();
    assert_eq!(explain(&merged(&layers), &host, None, &secret, None), None);
    let known = explain(&merged(&layers), &host, Some(&facts()), &secret, None).unwrap();
    assert!(known.to_text().starts_with("server.host is not set\n  type       integer, 1..=65535\n"));
    assert_eq!(
        nearest_keys(merged(&layers).root(), &"port".parse().unwrap()),
        ["server.port".parse().unwrap()]
    );
}

#[test]
fn no_secret_is_explained() {
    let json = r#"{"secret":"hunter2","port":1}"#;
    let env = |kind| Value::new(kind, variable("APP_SERVER", json));
    let server = Value::table(
        [
            ("secret".into(), env(Kind::String("hunter2".into()))),
            ("port".into(), env(Kind::Number(Number::Int(1)))),
        ],
        variable("APP_SERVER", json),
    );
    let layers = [
        file(
            LayerKind::File,
            "a.toml",
            "server = { secret = 'hunter2', port = 2, list = ['x'] }\nlist = [{ secret = 'hunter2' }]\n",
        ),
        Layer::new(Value::table([("server".into(), server)], variable("APP_SERVER", json))),
    ];
    let merged = merged(&layers);
    let hidden =
        Facts { secret: true, default: Some(env(Kind::String("hunter2".into()))), ..Facts::default() };
    for key in
        ["", "server", "server.secret", "server.port", "server.list", "list", "list[0]", "list[0].secret"]
    {
        for facts in [None, Some(&hidden)] {
            let found = explain(&merged, &key.parse().unwrap(), facts, &secret, None).unwrap();
            let shown = found.to_text() + &serde_json::to_string(&found).unwrap();
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
    let port = explain(&merged, &"server.port".parse().unwrap(), None, &secret, None).unwrap();
    assert_eq!(port.history.iter().map(|c| c.raw.as_str()).collect::<Vec<_>>(), ["2", "1"]);
}
