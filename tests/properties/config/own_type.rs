//! Laws of settings without a schema: their type alone says what a variable means.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::source::{Environment, Language, Override};
use speckit_core::tree::print::{Show, show};
use speckit_core::tree::typed::{LazyOutline, Outline};
use speckit_core::{Diagnostic, Key, LayerKind, Source, Value};

use super::shapes::{CANARY, Leaf, Shape, Shaped, leaves, secret_names, shapes, structs, values, with_shape};

/// Loads a file with variables and overrides, or the report of why not.
fn load(file: &Json, variables: &[(&str, &str)], overrides: &[Override]) -> Result<Shaped, String> {
    let source = Source::document(LayerKind::File, "app.json", file.to_string());
    let inputs = Inputs {
        documents: vec![Document::Text(source, Language::Json)],
        environment: Environment::of(variables.iter().copied()),
        overrides: overrides.to_vec(),
        ..Inputs::default()
    };
    let outline = LazyOutline::new(Outline::of::<Shaped>);
    let rules = Rules::new(None).with_prefix("APP", &[]).with_outline(outline);
    let rules = rules.deny_unknown_keys(true).strict(true);
    let resolved = rules.check(rules.read(&inputs)).and_then(|checked| checked.typed::<Shaped>());
    resolved
        .map(|resolved| resolved.config().clone())
        .map_err(|refused| format!("{:?}", refused.diagnostics()))
}

/// A type, a file for it, one of the leaves of the file, and another value for that leaf.
fn cases() -> impl Strategy<Value = (Shape, Json, Leaf, Json)> {
    let files = shapes().prop_flat_map(|shape| values(&shape).prop_map(move |file| (shape.clone(), file)));
    let files = files.prop_filter("a file without a leaf", |(shape, file)| !leaves(shape, file).is_empty());
    let with_leaf = (files, any::<prop::sample::Index>()).prop_map(|((shape, file), at)| {
        let leaf = at.get(&leaves(&shape, &file)).clone();
        (shape, file, leaf)
    });
    with_leaf.prop_flat_map(|(shape, file, leaf)| {
        values(&leaf.1).prop_map(move |value| (shape.clone(), file.clone(), leaf.clone(), value))
    })
}

fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn with_leaf(file: &Json, path: &[String], value: &Json) -> Json {
    let mut file = file.clone();
    let at = path.iter().fold(&mut file, |at, name| &mut at[name.as_str()]);
    *at = value.clone();
    file
}

/// The file without the leaf, and without the tables that are empty then.
fn without_leaf(file: &Json, path: &[String]) -> Json {
    let mut file = file.clone();
    if let (Some((name, below)), Some(members)) = (path.split_first(), file.as_object_mut()) {
        let member = members.get(name).map(|member| without_leaf(member, below));
        match member.filter(|member| !below.is_empty() && *member != Json::Object(serde_json::Map::new())) {
            Some(member) => drop(members.insert(name.clone(), member)),
            None => drop(members.remove(name)),
        }
    }
    file
}

fn variable_of(path: &[String]) -> String {
    let spelled = path.iter().map(|name| name.to_uppercase().replace('-', "_"));
    format!("APP_{}", spelled.collect::<Vec<_>>().join("__"))
}

/// A change of a file that makes it wrong, or nothing.
#[derive(Clone, Debug)]
enum Damage {
    None,
    /// A leaf has another value.
    Leaf(Json),
    /// The last of so many names on the way to a leaf is misspelt.
    Name(prop::sample::Index),
    /// The last of so many names on the way to a leaf is another one.
    OtherName(prop::sample::Index),
    /// The table after so many names on the way to a leaf is a secret text.
    Table(prop::sample::Index),
    /// The table after so many names on the way to a leaf is a list of secret texts.
    List(prop::sample::Index),
    /// A secret has the name of a secret, in a struct that has no such field; as it is or in a table.
    Moved(prop::sample::Index, prop::sample::Index, bool),
    /// A secret is beside the place of a secret, under an unknown name; as it is or in a table.
    Beside(prop::sample::Index, bool),
}

fn damages() -> impl Strategy<Value = Damage> {
    let scalars = [json!(true), json!(-7), json!(0.5), json!("x"), json!([]), json!({}), json!(null)];
    prop_oneof![
        Just(Damage::None),
        proptest::sample::select(scalars.to_vec()).prop_map(Damage::Leaf),
        any::<prop::sample::Index>().prop_map(Damage::Name),
        any::<prop::sample::Index>().prop_map(Damage::OtherName),
        any::<prop::sample::Index>().prop_map(Damage::Table),
        any::<prop::sample::Index>().prop_map(Damage::List),
        any::<(prop::sample::Index, prop::sample::Index, bool)>()
            .prop_map(|(name, table, is_inside)| Damage::Moved(name, table, is_inside)),
        any::<(prop::sample::Index, bool)>().prop_map(|(table, is_inside)| Damage::Beside(table, is_inside)),
    ]
}

fn damaged(shape: &Shape, file: &Json, path: &[String], damage: &Damage) -> Json {
    let renamed = |at: &prop::sample::Index, rename: &dyn Fn(&str) -> String| {
        let path = &path[..=at.index(path.len())];
        let (name, above) = path.split_last().unwrap();
        let mut table = at_path(file, above).clone();
        let member = table.as_object_mut().unwrap().remove(name).unwrap();
        table.as_object_mut().unwrap().insert(rename(name), member);
        with_leaf(file, above, &table)
    };
    let replaced = |at: &prop::sample::Index, is_replaced: fn(&Json) -> bool, value: Json| {
        let path = &path[..=at.index(path.len())];
        let old = at_path(file, path);
        if is_replaced(old) && old.to_string().contains(CANARY) {
            with_leaf(file, path, &value)
        } else {
            file.clone()
        }
    };
    let added = |table: &[String], name: &str, is_inside: bool| {
        let mut members = at_path(file, table).clone();
        let secret = json!(format!("{CANARY}in-another-place"));
        let secret = if is_inside { json!({ "value": [secret] }) } else { secret };
        members.as_object_mut().unwrap().entry(name).or_insert(secret);
        with_leaf(file, table, &members)
    };
    let structs = structs(shape, file);
    match damage {
        Damage::None => file.clone(),
        Damage::Leaf(value) => with_leaf(file, path, value),
        Damage::Name(at) => renamed(at, &|name| format!("{name}x")),
        Damage::OtherName(at) => renamed(at, &|_| "qqqqqqqqq".into()),
        Damage::Table(at) => replaced(at, |_| true, json!(format!("{CANARY}in-place-of-a-table"))),
        Damage::List(at) => {
            replaced(at, Json::is_object, json!([format!("{CANARY}in-a-list"), [format!("{CANARY}deeper")]]))
        }
        Damage::Moved(name, table, is_inside) => match &*secret_names(shape) {
            [] => file.clone(),
            names => added(&table.get(&structs).0, names[name.index(names.len())], *is_inside),
        },
        Damage::Beside(table, is_inside) => {
            let beside: Vec<_> = structs.iter().filter(|(_, has_secret)| *has_secret).collect();
            if beside.is_empty() {
                file.clone()
            } else {
                added(&table.get(&beside).0, "qqqqqqqqq", *is_inside)
            }
        }
    }
}

fn at_path<'j>(file: &'j Json, path: &[String]) -> &'j Json {
    path.iter().fold(file, |at, name| &at[name.as_str()])
}

/// Everything that is shown of a file: the settings, the warnings and explanations, or the report.
fn shown(file: &str) -> Vec<String> {
    let source = Source::document(LayerKind::File, "app.json", file);
    let inputs = Inputs { documents: vec![Document::Text(source, Language::Json)], ..Inputs::default() };
    let rules = Rules::new(None).with_outline(LazyOutline::new(Outline::of::<Shaped>));
    let report = |found: &[Diagnostic], masks: Masks| {
        vec![render(found, &masks, Style::default()), format!("{:?}", masks.masked(found))]
    };
    let checked = match rules.check(rules.read(&inputs)).and_then(|checked| checked.typed::<Shaped>()) {
        Ok(resolved) => resolved.into_parts().1,
        Err(refused) => return report(refused.diagnostics(), refused.masks(&rules)),
    };
    let mut shown = report(checked.diagnostics(), checked.masks(&rules));
    let root = checked.merged().root();
    let is_secret = |key: &Key, value: &Value| rules.keys().is_secret(key, value);
    shown.extend([Show::Toml, Show::Json, Show::Origins].map(|form| show(root, &is_secret, form)));
    root.leaves(&mut |key, _| {
        shown.extend(
            rules.keys().explain(checked.merged(), &[], key).map(|explanation| explanation.to_text()),
        );
    });
    shown
}

proptest! {
    #[test]
    fn no_output_shows_a_secret_of_the_type(
        (shape, file, (path, _), _) in cases(),
        damage in damages(),
        is_pretty in any::<bool>(),
    ) {
        with_shape(&shape, || {
            let file = damaged(&shape, &file, &path, &damage);
            let text = if is_pretty { serde_json::to_string_pretty(&file).unwrap() } else { file.to_string() };
            for text in shown(&text) {
                prop_assert!(!text.contains(CANARY), "{}", text);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_variable_and_an_override_set_a_leaf_as_a_file_does((shape, file, (path, _), value) in cases()) {
        with_shape(&shape, || {
            let by_file = load(&with_leaf(&file, &path, &value), &[], &[]);
            prop_assert!(by_file.is_ok(), "the file is refused: {by_file:?}");
            let (variable, text) = (variable_of(&path), text_of(&value));
            let lacking = without_leaf(&file, &path);
            for file in [&file, &lacking] {
                let by_variable = load(file, &[(&variable, &text)], &[]);
                prop_assert_eq!(by_variable, by_file.clone(), "{}={} over {}", variable, text, file);
            }
            let key = path.iter().fold(Key::root(), |key, name| key.child(name.as_str()));
            let set = Override::Set { key: key.to_string(), text };
            prop_assert_eq!(&load(&file, &[], std::slice::from_ref(&set)), &by_file, "--set {}", key);
            prop_assert_eq!(load(&lacking, &[], &[set]), by_file, "--set {} over {}", key, lacking);
            Ok(())
        })?;
    }
}
