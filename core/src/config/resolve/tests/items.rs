//! Variables and overrides that change one item of a list, or one key of a table that replaces others.

use alloc::format;
use alloc::string::ToString;

use super::{Case, ITEMS, STORE};

const PROVIDERS: &str = r#"{"properties": {"ports": {"type": "array", "items": {"type": "integer"}}, "providers": {"type": "array",
    "items": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
        "id": {"type": "string"}, "client_id": {"type": "integer"}, "secret": {"type": "string"},
        "scopes": {"type": "array", "items": {"type": "string"}, "default": ["openid"]}}}}}}"#;
const TWO: &str = "providers = [{id = 'google', client_id = 1}, {id = 'okta', client_id = 2}]";

#[test]
fn a_variable_changes_one_field_of_an_item_of_the_list_below() {
    let of = || Case::of(PROVIDERS, &[TWO]);
    let google = r#"{ client_id = 1, id = "google", scopes = ["openid"] }"#;
    let okta = r#"{ client_id = 2, id = "okta", scopes = ["openid"] }"#;
    let case = of().variable("APP_PROVIDERS__1__CLIENT_ID", "5").variable("APP_PROVIDERS__1__SECRET", "s");
    let changed = r#"{ client_id = 5, id = "okta", scopes = ["openid"], secret = "s" }"#;
    assert_eq!(case.shown(), format!("{{ providers = [{google}, {changed}] }}"));
    assert_eq!(
        case.history("providers[1].client_id"),
        ["1.toml:1:72 2 Shadowed", "APP_PROVIDERS__1__CLIENT_ID 5 Won"]
    );
    assert_eq!(case.history("providers[1].secret"), ["APP_PROVIDERS__1__SECRET \"s\" Won"]);
    assert_eq!(case.history("providers[0].client_id"), ["1.toml:1:42 1 Won"]);
    let list = case.history("providers");
    assert_eq!(list.len(), 2, "{list:?}");
    assert_eq!(list[1], "APP_PROVIDERS__1__CLIENT_ID [{ client_id = 5, secret = \"s\" }] Merged");

    let appended = of().variable("APP_PROVIDERS__2__ID", "x").shown();
    assert_eq!(
        appended,
        format!("{{ providers = [{google}, {okta}, {{ id = \"x\", scopes = [\"openid\"] }}] }}")
    );
    let nested =
        of().variable("APP_PROVIDERS__0__SCOPES__0", "mail").variable("APP_PROVIDERS__0__SCOPES__1", "x");
    assert!(nested.shown().contains(r#"scopes = ["mail", "x"]"#), "{}", nested.shown());
    let whole = of().variable("APP_PROVIDERS__1", r#"{"client_id": 7}"#).shown();
    assert!(whole.contains(r#"{ client_id = 7, id = "okta""#), "{whole}");
    assert_eq!(
        of().variable("APP_PROVIDERS__5__ID", "x").shown(),
        "providers: there is no item 5: the list has 2 items at APP_PROVIDERS__5__ID \
         (0 to 1 change an item, and 2 adds one)"
    );
}

#[test]
fn a_variable_changes_one_item_of_the_list_below() {
    let of = || Case::of(PROVIDERS, &["ports = [1, 2]"]);
    let case = of().variable("APP_PORTS__0", "7");
    assert_eq!(case.shown(), "{ ports = [7, 2] }");
    assert_eq!(case.history("ports[0]"), ["1.toml:1:10 1 Shadowed", "APP_PORTS__0 7 Won"]);
    assert_eq!(
        of().variable("APP_PORTS__2", "7").variable("APP_PORTS__3", "8").shown(),
        "{ ports = [1, 2, 7, 8] }"
    );
    assert!(
        of().variable("APP_PORTS__3", "7")
            .shown()
            .starts_with("ports: there is no item 3: the list has 2 items")
    );
    let none = || Case::of(PROVIDERS, &[]);
    assert_eq!(
        none().variable("APP_PORTS__0", "7").variable("APP_PORTS__1", "8").shown(),
        "{ ports = [7, 8] }"
    );
    assert!(
        none()
            .variable("APP_PORTS__1", "7")
            .shown()
            .starts_with("ports: item 0 is not set, but a later item is at APP_PORTS__1")
    );
    let untyped = Case::of("", &["ports = [1, 2]"]).variable("APP_PORTS__1", "7");
    assert_eq!(untyped.shown(), "{ ports = [1, 7] }");
    let untyped = Case::of("", &["ports = [1, 2]"]).variable("APP_PORTS__2", "7").set("ports[3]=8");
    assert_eq!(untyped.shown(), "{ ports = [1, 2, 7, 8] }", "the type of the other items");
    let empty = Case::of(PROVIDERS, &["ports = []"]).variable("APP_PORTS__1", "7");
    assert!(
        empty.shown().starts_with("ports: there is no item 1: the list has 0 items"),
        "{}",
        empty.shown()
    );
}

#[test]
fn an_override_changes_one_field_of_an_item_of_the_layers_below() {
    let of = || Case::of(PROVIDERS, &[TWO]).variable("APP_PROVIDERS__0__CLIENT_ID", "6");
    for key in ["providers[0].client_id=7", "providers.0.client_id=7"] {
        let case = of().set(key);
        assert!(
            case.shown().starts_with(r#"{ providers = [{ client_id = 7, id = "google""#),
            "{}",
            case.shown()
        );
        let place = format!("--set {} 7 Won", key.trim_end_matches("=7"));
        assert_eq!(
            case.history("providers[0].client_id"),
            ["1.toml:1:42 1 Shadowed", "APP_PROVIDERS__0__CLIENT_ID 6 Shadowed", &place]
        );
    }
    let both = of().set("providers[0].secret=a").set("providers[1].secret=b").set("providers[0].secret=c");
    assert_eq!(
        both.history("providers[0].secret"),
        ["--set providers[0].secret \"a\" Shadowed", "--set providers[0].secret \"c\" Won"]
    );
    assert_eq!(
        both.check()
            .unwrap()
            .merged()
            .root()
            .get(&"providers[1].secret".parse().unwrap())
            .and_then(|value| value.as_str()),
        Some("b")
    );
    let removed = of().unset("providers[0].client_id");
    assert!(removed.shown().starts_with(r#"{ providers = [{ id = "google""#), "{}", removed.shown());
    assert_eq!(removed.history("providers[0].client_id")[2], "--unset providers[0].client_id removed Won");
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[1]=5").set("ports.2=6").shown(),
        "{ ports = [1, 5, 6] }"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports=8,9").set("ports[1]=5").shown(),
        "{ ports = [8, 5] }"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).unset("ports").set("ports[0]=5").shown(),
        "{ ports = [5] }"
    );
    assert_eq!(Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[0]=5").unset("ports").shown(), "{}");
    assert_eq!(Case::of(PROVIDERS, &[]).set("ports.0=5").shown(), "{ ports = [5] }");
    assert_eq!(
        of().set("providers.okta.client_id=7").shown(),
        "providers.okta.client_id: `providers` is a list, which has no key `okta` at --set providers.okta.client_id \
         (write the number of the item, such as `providers[0]`)"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[4]=5").shown(),
        "ports[4]: there is no item 4: the list has 2 items at --set ports[4] (0 to 1 change an item, and 2 adds one)"
    );
}

#[test]
fn an_item_of_a_default_list_or_of_a_list_with_a_strategy_changes() {
    let default =
        r#"{"properties": {"a": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]}}}"#;
    let case = Case::of(default, &[]).variable("APP_A__1", "5");
    assert_eq!(case.shown(), "{ a = [1, 5] }");
    assert_eq!(case.history("a").len(), 2);
    let append =
        r#"{"properties": {"a": {"type": "array", "items": {"type": "integer"}, "x-merge": "append"}}}"#;
    let of = || Case::of(append, &["a = [1]", "a = [2]"]);
    assert_eq!(of().variable("APP_A__1", "5").shown(), "{ a = [1, 5] }");
    assert_eq!(of().variable("APP_A__1", "5").set("a=9").shown(), "{ a = [1, 5, 9] }");
    assert_eq!(of().set("a=9").set("a[0]=8").shown(), "{ a = [8, 2, 9] }", "as layers do");
    let both = append.replace("\"x-merge\"", "\"default\": [0], \"x-merge\"");
    assert_eq!(Case::of(&both, &["a = [1]"]).variable("APP_A__1", "5").shown(), "{ a = [0, 5] }");
    assert_eq!(Case::of(&both, &["a = [1]"]).set("a[2]=5").shown(), "{ a = [0, 1, 5] }");
    let by = Case::of(ITEMS, &["a = [{id = 'x'}]", "a = [{id = 'y'}]"]).variable("APP_A__1__SECRET", "s");
    assert_eq!(by.shown(), r#"{ a = [{ id = "x", n = 1 }, { id = "y", n = 1, secret = "s" }] }"#);
}

#[test]
fn a_variable_changes_one_field_of_a_table_that_replaces() {
    let case = || Case::of(STORE, &["store = {kind = 'fs', path = '/x'}"]);
    let variable = case().variable("APP_STORE__KIND", "db");
    let shown = r#"{ store = { kind = "db", path = "/x", size = 1, tls = { on = true } } }"#;
    assert_eq!(variable.shown(), shown);
    assert_eq!(variable.history("store.kind"), ["1.toml:1:17 \"fs\" Shadowed", "APP_STORE__KIND \"db\" Won"]);
    assert_eq!(case().set("store.kind=db").shown(), shown);
    let whole = case().variable("APP_STORE", r#"{"kind": "db"}"#);
    assert_eq!(whole.shown(), r#"{ store = { kind = "db", size = 1, tls = { on = true } } }"#);
}

#[test]
fn a_changed_item_leaves_the_types_of_the_other_values() {
    let case = Case::of("", &["a = [{x = '5', y = '6'}, {x = '7'}]"]).variable("APP_A__0__X", "8");
    let typed = case.check().unwrap().typed::<serde_json::Value>().unwrap();
    assert_eq!(typed.config().to_string(), r#"{"a":[{"x":8,"y":"6"},{"x":"7"}]}"#);
}
