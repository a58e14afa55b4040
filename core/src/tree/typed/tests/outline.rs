#![expect(dead_code, reason = "only the outline of these types matters")]

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::num::NonZeroU16;

use serde::Deserialize;

use super::*;
use crate::tree::TypeSet;

#[derive(Deserialize)]
struct All {
    port: Option<u16>,
    ratio: f32,
    debug: bool,
    name: String,
    address: SocketAddr,
    late: NonZeroU16,
    tags: Vec<String>,
    pair: (u8, String),
    servers: Vec<Server>,
    tenants: BTreeMap<String, Server>,
    by_number: BTreeMap<u16, bool>,
    #[serde(rename = "maxMb", alias = "max", alias = "a_limit")]
    max_mb: u64,
    level: Level,
    storage: Storage,
    tagged: Tagged,
    any: serde_json::Value,
    password: Secret<String>,
    node: Option<Box<Branch>>,
    #[serde(default)]
    last: i8,
}

#[derive(Deserialize)]
struct Server {
    host: SocketAddr,
    weight: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Low,
    VeryHigh,
}

#[derive(Deserialize)]
enum Storage {
    None,
    Disk { path: String, size: u64 },
    Pair(u8, u8),
    Address(SocketAddr),
    Memory(u32),
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { x: u8 },
}

#[derive(Deserialize)]
struct Branch {
    value: u8,
    children: Vec<Branch>,
}

/// Each key of the type with its types; `~` is a buffered value.
fn lines<T: DeserializeOwned>() -> Vec<String> {
    fn walk(outline: &Outline, at: &str, lines: &mut Vec<String>) {
        let variants: Vec<&str> = outline.variants().collect();
        let buffered = if outline.is_buffered() { "~" } else { "" };
        let secret = if outline.is_secret() { " secret" } else { "" };
        lines.push(
            alloc::format!("{at}: {buffered}{}{secret} {}", outline.types(), variants.join("|"))
                .trim_end()
                .into(),
        );
        for name in outline.names() {
            walk(outline.member(name).unwrap(), &alloc::format!("{at}.{name}"), lines);
        }
        outline.others.iter().for_each(|others| walk(others, &alloc::format!("{at}.*"), lines));
        outline.elements.iter().for_each(|elements| walk(elements, &alloc::format!("{at}[]"), lines));
        for (index, item) in outline.rare().items.iter().enumerate() {
            walk(item, &alloc::format!("{at}[{index}]"), lines);
        }
    }
    let mut lines = Vec::new();
    walk(&Outline::of::<T>(), "", &mut lines);
    lines
}

#[test]
fn every_key_of_a_type_is_found_with_its_types() {
    let expected = [
        ": object",
        ".address: string",
        ".any: ~any",
        ".by_number: object",
        ".by_number.*: boolean",
        ".debug: boolean",
        ".last: integer",
        ".late: integer",
        ".level: string low|very-high",
        ".maxMb: integer",
        ".name: string",
        ".node: object or null",
        ".node.children: array",
        ".node.children[]: object",
        ".node.children[].children: array",
        ".node.children[].children[]: object",
        ".node.children[].value: integer",
        ".node.value: integer",
        ".pair: array",
        ".pair[0]: integer",
        ".pair[1]: string",
        ".password: string secret",
        ".port: integer or null",
        ".ratio: number",
        ".servers: array",
        ".servers[]: object",
        ".servers[].host: string",
        ".servers[].weight: integer",
        ".storage: string or object None",
        ".storage.Address: string",
        ".storage.Disk: object",
        ".storage.Disk.path: string",
        ".storage.Disk.size: integer",
        ".storage.Memory: integer",
        ".storage.Pair: array",
        ".storage.Pair[0]: integer",
        ".storage.Pair[1]: integer",
        ".tagged: ~any",
        ".tags: array",
        ".tags[]: string",
        ".tenants: object",
        ".tenants.*: object",
        ".tenants.*.host: string",
        ".tenants.*.weight: integer",
    ];
    assert_eq!(lines::<All>(), expected);
}

#[test]
fn aliases_lead_to_their_field() {
    let outline = Outline::of::<All>();
    for name in ["maxMb", "max", "a_limit"] {
        assert_eq!(outline.field(name), Some("maxMb"), "{name}");
    }
    assert_eq!(outline.field("max_mb"), None);
    assert_eq!(outline.get(&"a_limit".parse().unwrap()).unwrap().types(), TypeSet::INTEGER);
    assert!(!outline.is_open() && outline.get(&"any".parse().unwrap()).unwrap().is_open());
}

#[test]
fn types_that_lie_in_themselves_without_a_struct_are_probed_to_a_limit() {
    #[derive(Deserialize)]
    enum Filter {
        Name(String),
        All(Vec<Filter>),
        Not(Box<Filter>),
    }
    #[derive(Deserialize)]
    struct Tree(BTreeMap<String, Tree>);
    #[derive(Deserialize)]
    struct Lists(Vec<Lists>);
    let filter = Outline::of::<Filter>();
    assert_eq!(filter.get(&"All[0].Name".parse().unwrap()).unwrap().types(), TypeSet::STRING);
    assert_eq!(Outline::of::<Tree>().types(), TypeSet::OBJECT);
    assert_eq!(Outline::of::<Lists>().types(), TypeSet::ARRAY);
}

#[test]
fn a_secret_is_found_in_a_map_whose_keys_have_a_form_of_their_own() {
    let outline = Outline::of::<BTreeMap<core::net::IpAddr, Secret<String>>>();
    assert!(outline.has_secret_at(&Key::of(["10.0.0.1"])));
}
