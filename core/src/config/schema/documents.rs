//! Schema documents: which text a `$ref` means.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use url::Url;

use super::addresses::percent_decoded;
use crate::tree::{Key, Kind, Segment, Value};

/// The Draft 7 meta-schema under the two spellings of its address.
pub(super) const META_URL: &str = "http://json-schema.org/draft-07/schema";

/// A schema with the documents that it refers to.
///
/// Nothing is fetched: [`Documents::missing`] names what is referred to and not here, and the shell adds
/// what it can read.
#[derive(Clone, Debug)]
pub struct Documents {
    root: Url,
    /// By absolute address without fragment: each document, and each part of one that has an `$id` of its own.
    resources: BTreeMap<String, Location>,
    /// By absolute address with fragment: the parts that are named by `"$id": "#name"`.
    anchors: BTreeMap<String, Location>,
    references: Vec<Url>,
    texts: Vec<Value>,
}

/// One subschema: its value, its place in the document, and the address that references around it start
/// from; [`Location::entered`] gives the one for references in it.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) value: Value,
    pub(super) key: Key,
    pub(super) base: Url,
}

impl Documents {
    /// The documents of one schema; `address` is where it was read from, as an absolute URL.
    ///
    /// An address that is no URL is replaced by one that nothing refers to by accident.
    pub fn new(address: &str, root: &Value) -> Self {
        let given = Url::parse(address).unwrap_or_else(|_| fallback_url());
        let mut documents = Self {
            root: given.clone(),
            resources: BTreeMap::new(),
            anchors: BTreeMap::new(),
            references: Vec::new(),
            texts: Vec::new(),
        };
        documents.add_at(given, root);
        documents
    }

    /// Adds a document that a `$ref` names by `address`.
    pub fn add(&mut self, address: &str, document: &Value) {
        if let Ok(url) = Url::parse(address) {
            self.add_at(url, document);
        }
    }

    /// The addresses, without fragment, that are referred to and not here; in their order as texts, each once.
    pub fn missing(&self) -> Vec<String> {
        let mut missing: Vec<String> =
            self.references.iter().map(address).filter(|address| self.resource(address).is_none()).collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// The documents themselves, in the order in which they were added.
    pub(super) fn texts(&self) -> &[Value] {
        &self.texts
    }

    /// The subschema that compilation starts from.
    pub(super) fn start(&self) -> Option<Location> {
        self.resources.get(&address(&self.root)).cloned()
    }

    /// The subschema that `reference` means when it stands where references start from `base`.
    pub(super) fn resolve(&self, base: &Url, reference: &str) -> Result<Location, String> {
        let url = base.join(reference).map_err(|error| error.to_string())?;
        let unresolved = || alloc::format!("no document `{}` was given", address(&url));
        let fragment = percent_decoded(url.fragment().unwrap_or_default());
        let resource = self.resource(&address(&url));
        if fragment.is_empty() {
            return resource.cloned().ok_or_else(unresolved);
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            let name = (address(&url), fragment.as_str());
            return self.anchors.get(&named(&name.0, name.1)).cloned().ok_or_else(|| {
                if resource.is_some() {
                    "the document has no `$id` of that name".into()
                } else {
                    unresolved()
                }
            });
        };
        let resource = resource.ok_or_else(unresolved)?;
        descend(resource, pointer).ok_or_else(|| "the document has nothing at that JSON pointer".into())
    }

    /// Tells whether a document, or a part of one, is known by that address, which has no fragment.
    pub(super) fn has(&self, address: &str) -> bool {
        self.resource(address).is_some()
    }

    fn resource(&self, address: &str) -> Option<&Location> {
        self.resources.get(address)
    }

    fn add_at(&mut self, url: Url, document: &Value) {
        let location = Location { value: document.clone(), key: Key::root(), base: url.clone() };
        self.texts.push(document.clone());
        self.index(&location);
        // A document is known by the address it was read from, and the references in it start from its `$id`.
        self.resources.insert(address(&url), location);
    }

    /// Finds every `$id` and `$ref` at the places where schemas may stand.
    fn index(&mut self, location: &Location) {
        let Some(members) = location.value.as_table() else { return };
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            if let Ok(url) = location.base.join(reference) {
                self.references.push(url);
            }
            // What stands beside a `$ref` is ignored, but a reference may point into it.
            for name in ["definitions", "$defs"] {
                self.index_each(&Location { base: location.base.clone(), ..location.clone() }, name);
            }
            return;
        }
        let mut here = location.clone();
        if let Some(url) = own_id(&location.value).and_then(|id| location.base.join(id).ok()) {
            match url.fragment() {
                Some(fragment) if !fragment.is_empty() => {
                    let name = named(&address(&url), &percent_decoded(fragment));
                    self.anchors.insert(name, here.clone());
                }
                _ => {
                    here.base = url;
                    self.resources.entry(address(&here.base)).or_insert_with(|| location.clone());
                }
            }
        }
        for name in SINGLE {
            if let Some(value) = members.get(name) {
                self.index(&here.child(name, value));
            }
        }
        for name in LISTS {
            if let Some(elements) = members.get(name).and_then(Value::as_array) {
                for (index, element) in elements.iter().enumerate() {
                    let list = here.child(name, element);
                    self.index(&Location { key: list.key.element(index), ..list });
                }
            }
        }
        for name in MAPS {
            self.index_each(&here, name);
        }
    }

    fn index_each(&mut self, here: &Location, name: &str) {
        if let Some(members) = here.value.member(name).and_then(Value::as_table) {
            for (member, value) in members {
                let map = here.child(name, value);
                self.index(&Location { key: map.key.child(member.clone()), ..map });
            }
        }
    }
}

/// Keywords whose value is a schema, a list of schemas, or schemas by name (`items` is one or a list).
const SINGLE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
];
const LISTS: &[&str] = &["allOf", "anyOf", "items", "oneOf"];
const MAPS: &[&str] = &["$defs", "definitions", "dependencies", "patternProperties", "properties"];

impl Location {
    /// The value of a keyword, where references start from the same address.
    pub(super) fn child(&self, name: &str, value: &Value) -> Self {
        Self { value: value.clone(), key: self.key.child(name), base: self.base.clone() }
    }

    /// The address that references in this subschema start from: its own `$id`, unless it is a `$ref`.
    #[must_use]
    pub(super) fn entered(mut self) -> Self {
        if self.value.member("$ref").is_none_or(|reference| reference.as_str().is_none())
            && let Some(url) = own_id(&self.value).and_then(|id| self.base.join(id).ok())
            && url.fragment().unwrap_or_default().is_empty()
        {
            self.base = url;
        }
        self
    }
}

fn own_id(value: &Value) -> Option<&str> {
    value.member("$id")?.as_str()
}

fn address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.to_string()
}

fn named(address: &str, fragment: &str) -> String {
    alloc::format!("{address}#{fragment}")
}

/// Follows a JSON pointer from a resource. Between keywords and names only subschemas change the base.
fn descend(from: &Location, pointer: &str) -> Option<Location> {
    let mut here = from.clone();
    let mut is_map = false;
    for token in pointer.split('/') {
        let name = token.replace("~1", "/").replace("~0", "~");
        if !is_map {
            here = here.entered();
        }
        let (value, segment) = match here.value.kind() {
            Kind::Table(members) => {
                (members.get(name.as_str())?.clone(), Segment::Name(name.as_str().into()))
            }
            Kind::Array(elements) => {
                let index: usize = name.parse().ok()?;
                (elements.get(index)?.clone(), Segment::Index(index))
            }
            _ => return None,
        };
        is_map = !is_map && (MAPS.contains(&name.as_str()) || LISTS.contains(&name.as_str()));
        here = Location { value, key: here.key.join(segment), base: here.base };
    }
    Some(here)
}

#[expect(clippy::expect_used, reason = "a constant that is an absolute URL")]
fn fallback_url() -> Url {
    Url::parse("speckit://schema/root.json").expect("a constant URL parses")
}
