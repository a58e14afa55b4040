//! Schema documents, and how a `$ref` is resolved.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use url::Url;

use super::addresses::percent_decoded;
use crate::tree::{Key, Kind, Segment, Value};

/// The address of the Draft 7 meta-schema.
pub(super) const META_URL: &str = "http://json-schema.org/draft-07/schema";

/// A schema with the documents that it refers to.
///
/// Nothing is fetched: [`Documents::missing`] lists the addresses without a document, and the caller adds what it
/// can read.
#[derive(Clone, Debug)]
pub struct Documents {
    root: Url,
    /// Each document, and each part with its own `$id`, by absolute address without fragment.
    resources: BTreeMap<String, SchemaLocation>,
    /// The parts named by `"$id": "#name"`, by absolute address with fragment.
    anchors: BTreeMap<String, SchemaLocation>,
    references: Vec<Url>,
    texts: Vec<Value>,
}

/// One subschema: its value, its key in the document, and the base address of references around it;
/// [`SchemaLocation::entered`] has the base address of references in it.
#[derive(Clone, Debug)]
pub(super) struct SchemaLocation {
    pub(super) value: Value,
    pub(super) key: Key,
    pub(super) base: Url,
}

impl Documents {
    /// The documents of one schema; `address` is where it was read from, as an absolute URL.
    ///
    /// An address that is not a URL is replaced by a fixed one.
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

    /// Adds the document at `address`.
    pub fn add(&mut self, address: &str, document: &Value) {
        if let Ok(url) = Url::parse(address) {
            self.add_at(url, document);
        }
    }

    /// The addresses of missing documents, without fragment, sorted and each once.
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

    /// The root subschema.
    pub(super) fn start(&self) -> Option<SchemaLocation> {
        self.resources.get(&address(&self.root)).cloned()
    }

    /// The subschema that `reference` leads to from the base address `base`.
    pub(super) fn resolve(&self, base: &Url, reference: &str) -> Result<SchemaLocation, String> {
        let url = base.join(reference).map_err(|error| error.to_string())?;
        let unresolved = || alloc::format!("no document `{}` was found", address(&url));
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

    /// The document, or the part of one, at an address without fragment.
    pub(super) fn resource(&self, address: &str) -> Option<&SchemaLocation> {
        self.resources.get(address)
    }

    fn add_at(&mut self, url: Url, document: &Value) {
        let location = SchemaLocation { value: document.clone(), key: Key::root(), base: url.clone() };
        self.texts.push(document.clone());
        self.index(&location);
        // A document has the address it was read from; its `$id` is the base of the references in it.
        self.resources.insert(address(&url), location);
    }

    /// Finds every `$id` and `$ref` where a schema may be.
    fn index(&mut self, location: &SchemaLocation) {
        let Some(members) = location.value.as_table() else { return };
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            if let Ok(url) = location.base.join(reference) {
                self.references.push(url);
            }
            // Siblings of a `$ref` are ignored, but a reference may point into them.
            for name in ["definitions", "$defs"] {
                self.index_each(&SchemaLocation { base: location.base.clone(), ..location.clone() }, name);
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
                    self.index(&here.child(name, element).element(index, element));
                }
            }
        }
        for name in MAPS {
            self.index_each(&here, name);
        }
    }

    fn index_each(&mut self, here: &SchemaLocation, name: &str) {
        if let Some(members) = here.value.member(name).and_then(Value::as_table) {
            for (member, value) in members {
                let map = here.child(name, value);
                self.index(&SchemaLocation { key: map.key.child(member.clone()), ..map });
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

impl SchemaLocation {
    /// The value of a keyword, with the same base address.
    pub(super) fn child(&self, name: &str, value: &Value) -> Self {
        Self { value: value.clone(), key: self.key.child(name), base: self.base.clone() }
    }

    /// The element of a list of schemas, with the same base address.
    pub(super) fn element(&self, index: usize, value: &Value) -> Self {
        Self { value: value.clone(), key: self.key.element(index), base: self.base.clone() }
    }

    /// The location with the base address of references in it: its own `$id`, unless it is a `$ref`.
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

/// Follows a JSON pointer from a resource. Only subschemas change the base address, not maps and lists of them.
fn descend(from: &SchemaLocation, pointer: &str) -> Option<SchemaLocation> {
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
        here = SchemaLocation { value, key: here.key.join(segment), base: here.base };
    }
    Some(here)
}

#[expect(clippy::expect_used, reason = "a constant that is an absolute URL")]
fn fallback_url() -> Url {
    Url::parse("speckit://schema/root.json").expect("a constant URL parses")
}
