//! Schema documents, and how a `$ref` is resolved.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use url::Url;

use super::addresses::percent_decoded;
use super::dialect::{Dialect, Draft, Position};
use crate::tree::{Fingerprint, Key, Kind, Segment, Text, Value};

/// A schema with the documents that it refers to.
///
/// Nothing is fetched: [`Documents::missing`] lists the addresses without a document, and the caller adds what it
/// can read.
#[derive(Clone, Debug)]
pub struct Documents {
    texts: Vec<(Url, Value)>,
    /// Each document, and each part with its own `$id`, by absolute address without fragment.
    resources: BTreeMap<String, SchemaLocation>,
    /// The parts with a name (`$anchor`, or `"$id": "#name"` in older drafts), by absolute address with fragment.
    anchors: BTreeMap<String, SchemaLocation>,
    /// The parts with a dynamic name, by the address of their resource and the name.
    dynamic_anchors: BTreeMap<String, BTreeMap<Text, SchemaLocation>>,
    /// Every reference, with the resource around it.
    references: Vec<(Arc<Resource>, Text)>,
    /// The resources that parts with their own `$id` begin, by document and key.
    own_resources: BTreeMap<(usize, Key), Arc<Resource>>,
    /// How many objects are where a schema may be.
    subschemas: usize,
}

/// The resource around a subschema: the base address of the references in it, and its dialect.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) url: Url,
    pub(super) address: String,
    pub(super) dialect: Dialect,
    /// The number of its document.
    pub(super) document: usize,
}

/// One subschema: its value, its key in the document, and the resource around it;
/// [`SchemaLocation::entered`] has the resource of the references in it.
#[derive(Clone, Debug)]
pub(super) struct SchemaLocation {
    pub(super) value: Value,
    pub(super) key: Key,
    pub(super) resource: Arc<Resource>,
}

impl Documents {
    /// The documents of one schema; `address` is where it was read from, as an absolute URL.
    ///
    /// An address that is not a URL is replaced by a fixed one.
    pub fn new(address: &str, root: &Value) -> Self {
        let given = Url::parse(address).unwrap_or_else(|_| fallback_url());
        let mut documents = Self {
            texts: Vec::new(),
            resources: BTreeMap::new(),
            anchors: BTreeMap::new(),
            dynamic_anchors: BTreeMap::new(),
            references: Vec::new(),
            own_resources: BTreeMap::new(),
            subschemas: 0,
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
        let unknown =
            |address: &String| !self.resources.contains_key(address) && Draft::named(address).is_none();
        let mut missing: Vec<String> = self.other_addresses().filter(unknown).collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// The addresses that references to other resources name.
    fn other_addresses(&self) -> impl Iterator<Item = String> {
        let others = self.references.iter().filter(|(_, reference)| !reference.starts_with('#'));
        others.filter_map(|(around, reference)| Some(address(&around.url.join(reference).ok()?)))
    }

    /// The drafts whose meta-schemas are referred to, without a document.
    pub(super) fn missing_meta_schemas(&self) -> Vec<Draft> {
        let missing = self.other_addresses().filter(|address| self.resource(address).is_none());
        let mut drafts: Vec<Draft> = missing.filter_map(|address| Draft::named(&address)).collect();
        drafts.sort();
        drafts.dedup();
        drafts
    }

    /// The documents themselves with their dialects, in the order in which they were added.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Value, Dialect)> {
        self.texts.iter().map(|(_, text)| (text, self.dialect(text, None)))
    }

    /// The document, or the part of one, at an address without fragment.
    fn resource(&self, address: &str) -> Option<&SchemaLocation> {
        let of_meta_schema = || self.resources.get(Draft::named(address)?.address());
        self.resources.get(address).or_else(of_meta_schema)
    }

    /// About how many subschemas there are.
    pub(super) fn subschemas(&self) -> usize {
        self.subschemas
    }

    /// The root subschema.
    pub(super) fn start(&self) -> Option<SchemaLocation> {
        let (url, _) = self.texts.first()?;
        self.resources.get(&address(url)).cloned()
    }

    /// The subschema that `reference` leads to from the resource around it.
    pub(super) fn resolve(&self, around: &Resource, reference: &str) -> Result<SchemaLocation, String> {
        if let Some(fragment) = reference.strip_prefix('#') {
            return self.at(&around.address, fragment);
        }
        let url = around.url.join(reference).map_err(|error| error.to_string())?;
        self.at(&address(&url), url.fragment().unwrap_or_default())
    }

    /// The places that references lead to.
    pub(super) fn targets(&self) -> Targets {
        let dynamic = self.dynamic_anchors.values().flat_map(BTreeMap::values).cloned();
        let resolve = |(around, reference): &(Arc<Resource>, Text)| self.resolve(around, reference).ok();
        let targets = self.references.iter().filter_map(resolve).chain(dynamic);
        let mut all = Targets::default();
        for target in targets {
            let place = (target.resource.document, target.key);
            all.0.entry(target.value.fingerprint()).or_default().insert(place);
        }
        all
    }

    fn at(&self, address: &str, fragment: &str) -> Result<SchemaLocation, String> {
        let unresolved = || alloc::format!("no document `{address}` was found");
        let fragment = percent_decoded(fragment);
        let resource = self.resource(address);
        if fragment.is_empty() {
            return resource.cloned().ok_or_else(unresolved);
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            let name = named(address, &fragment);
            return self.anchors.get(&name).cloned().ok_or_else(|| match resource {
                Some(resource) if resource.resource.dialect.draft >= Draft::Draft2019 => {
                    "the document has no `$anchor` of that name".into()
                }
                Some(_) => "the document has no `$id` of that name".into(),
                None => unresolved(),
            });
        };
        let resource = resource.ok_or_else(unresolved)?;
        self.descend(resource, pointer).ok_or_else(|| "the document has nothing at that JSON pointer".into())
    }

    /// The subschema that a dynamic reference to `target` leads to, if its fragment names a dynamic anchor: the name.
    pub(super) fn dynamic_name(&self, target: &SchemaLocation, reference: &str) -> Option<Text> {
        let anchors = self.dynamic_anchors.get(&target.clone().entered(self).resource.address)?;
        let name = reference.rsplit_once('#').map_or("", |(_, fragment)| fragment);
        anchors.get_key_value(name).map(|(name, _)| name.clone())
    }

    /// The part with a dynamic name in the resource at an address.
    pub(super) fn dynamic_anchor(&self, address: &str, name: &str) -> Option<&SchemaLocation> {
        self.dynamic_anchors.get(address)?.get(name)
    }

    /// The dynamic names of the resource at an address.
    pub(super) fn dynamic_names(&self, address: &str) -> impl Iterator<Item = &Text> {
        self.dynamic_anchors.get(address).into_iter().flat_map(BTreeMap::keys)
    }

    /// The dialect of a document or of a part with its own `$id`: the one of its `$schema`, else that around it.
    fn dialect(&self, value: &Value, around: Option<Dialect>) -> Dialect {
        let Some(named) = value.member("$schema").and_then(Value::as_str) else {
            return around.unwrap_or(Dialect::of(Draft::Draft7));
        };
        match (Draft::named(named), self.meta_schema(named)) {
            (Some(draft), _) => Dialect::of(draft),
            (None, Some(meta)) => Dialect::of_meta_schema(meta),
            (None, None) => around.unwrap_or(Dialect::of(Draft::Draft7)),
        }
    }

    /// The document that a `$schema` names.
    pub(super) fn meta_schema(&self, named: &str) -> Option<&Value> {
        let meta = self.texts.iter().find(|(url, _)| address(url) == named.trim_end_matches('#'));
        meta.map(|(_, meta)| meta)
    }

    fn add_at(&mut self, url: Url, document: &Value) {
        self.texts.push((url.clone(), document.clone()));
        let is_meta_schema = |text: &Value| {
            let named = text.member("$schema").and_then(Value::as_str);
            named.is_some_and(|named| named.trim_end_matches('#') == address(&url))
        };
        // A meta-schema decides how the documents that name it are read.
        let first =
            if self.texts.iter().any(|(_, text)| is_meta_schema(text)) { 0 } else { self.texts.len() - 1 };
        for number in first..self.texts.len() {
            if let Some((url, text)) = self.texts.get(number).cloned() {
                self.index_document(number, url, &text);
            }
        }
    }

    fn index_document(&mut self, number: usize, url: Url, document: &Value) {
        if let Some(named) = document.member("$schema").and_then(Value::as_str)
            && Draft::named(named).is_none()
        {
            let around = Resource {
                address: address(&url),
                url: url.clone(),
                dialect: Dialect::of(Draft::Draft7),
                document: number,
            };
            self.references.push((Arc::new(around), named.into()));
        }
        let dialect = self.dialect(document, None);
        let resource = Arc::new(Resource { address: address(&url), url, dialect, document: number });
        self.index(document, &mut Key::root(), &resource);
        // A document has the address it was read from; its `$id` is the base of the references in it.
        let location = SchemaLocation { value: document.clone(), key: Key::root(), resource };
        self.resources.insert(location.resource.address.clone(), location);
    }

    /// Finds every address, name and reference where a schema may be.
    fn index(&mut self, value: &Value, key: &mut Key, around: &Arc<Resource>) {
        let Some(members) = value.as_table() else { return };
        self.subschemas += 1;
        let own = self.own_resource(value, around);
        if let Some(own) = &own {
            self.own_resources.insert((own.document, key.clone()), Arc::clone(own));
        }
        let resource = own.as_ref().unwrap_or(around);
        let draft = resource.dialect.draft;
        let only_reference = ignores_siblings(value, draft);
        if !only_reference {
            self.index_names(value, key, around, resource);
        }
        for (name, inner) in members {
            let position = match name.as_str() {
                "$ref" | "$dynamicRef" | "$recursiveRef" => {
                    let reference = inner.as_str().map(|reference| (Arc::clone(resource), reference.into()));
                    self.references.extend(reference);
                    continue;
                }
                // Siblings of a `$ref` are ignored, but a reference may point into them.
                "definitions" | "$defs" => Some(Position::Map),
                _ if only_reference => continue,
                name => Position::of(name, draft),
            };
            let Some(position) = position else { continue };
            let is_list = inner.as_array().is_some();
            key.push(Segment::Name(name.clone()));
            match position {
                Position::Schema => self.index(inner, key, resource),
                Position::SchemaOrList if !is_list => self.index(inner, key, resource),
                Position::List | Position::SchemaOrList => {
                    for (index, element) in inner.as_array().into_iter().flatten().enumerate() {
                        key.push(Segment::Index(index));
                        self.index(element, key, resource);
                        key.pop();
                    }
                }
                Position::Map => {
                    for (name, member) in inner.as_table().into_iter().flatten() {
                        key.push(Segment::Name(name.clone()));
                        self.index(member, key, resource);
                        key.pop();
                    }
                }
            }
            key.pop();
        }
    }

    fn index_names(&mut self, value: &Value, key: &Key, around: &Arc<Resource>, here: &Resource) {
        let draft = here.dialect.draft;
        let location =
            || SchemaLocation { value: value.clone(), key: key.clone(), resource: Arc::clone(around) };
        if let Some(url) = own_id(value, draft).and_then(|id| around.url.join(id).ok()) {
            match url.fragment() {
                Some(fragment) if !fragment.is_empty() => {
                    let name = named(&address(&url), &percent_decoded(fragment));
                    self.anchors.insert(name, location());
                }
                _ => drop(self.resources.entry(address(&url)).or_insert_with(location)),
            }
        }
        if draft < Draft::Draft2019 {
            return;
        }
        let text = |name: &str| value.member(name).and_then(Value::as_str).map(Text::from);
        let dynamic = text("$dynamicAnchor").filter(|_| draft == Draft::Draft2020);
        for name in text("$anchor").iter().chain(&dynamic) {
            self.anchors.insert(named(&here.address, name), location());
        }
        let is_recursive = value.member("$recursiveAnchor").and_then(Value::as_bool) == Some(true);
        let recursive = (draft == Draft::Draft2019 && is_recursive).then(Text::default);
        if dynamic.is_some() || recursive.is_some() {
            let of_resource = self.dynamic_anchors.entry(here.address.clone()).or_default();
            of_resource.extend(dynamic.into_iter().chain(recursive).map(|name| (name, location())));
        }
    }

    /// The resource that a subschema with an `$id` begins.
    fn own_resource(&self, value: &Value, around: &Resource) -> Option<Arc<Resource>> {
        value.member("$id").or_else(|| value.member("id"))?;
        let dialect = match value.member("$schema") {
            Some(_) => self.dialect(value, Some(around.dialect)),
            None => around.dialect,
        };
        if ignores_siblings(value, dialect.draft) {
            return None;
        }
        let url = around.url.join(own_id(value, dialect.draft)?).ok()?;
        let is_new = url.fragment().unwrap_or_default().is_empty() && url != around.url;
        is_new.then(|| Arc::new(Resource { address: address(&url), url, dialect, document: around.document }))
    }

    /// Follows a JSON pointer from a resource. Only subschemas change the base address, not maps and lists of them.
    fn descend(&self, from: &SchemaLocation, pointer: &str) -> Option<SchemaLocation> {
        let mut here = from.clone();
        let mut is_map = false;
        for token in pointer.split('/') {
            let name = match token.contains('~') {
                true => Text::from(token.replace("~1", "/").replace("~0", "~")),
                false => Text::from(token),
            };
            if !is_map {
                here = here.entered(self);
            }
            let (value, segment) = match here.value.kind() {
                Kind::Table(members) => (members.get(&name)?.clone(), Segment::Name(name.clone())),
                Kind::Array(elements) => {
                    let index: usize = name.parse().ok()?;
                    (elements.get(index)?.clone(), Segment::Index(index))
                }
                _ => return None,
            };
            is_map = !is_map
                && match Position::of(&name, here.resource.dialect.draft) {
                    Some(Position::Map | Position::List) => true,
                    Some(Position::SchemaOrList) => value.as_array().is_some(),
                    Some(Position::Schema) | None => false,
                };
            here.key.push(segment);
            here.value = value;
        }
        Some(here)
    }
}

/// Places in documents: the number of a document and the key in it, by the value there, which is compared faster.
#[derive(Default)]
pub(super) struct Targets(BTreeMap<Fingerprint, BTreeSet<(usize, Key)>>);

impl Targets {
    pub(super) fn contains(&self, location: &SchemaLocation) -> bool {
        let same_value = self.0.get(&location.value.fingerprint());
        same_value.is_some_and(|places| places.contains(&(location.resource.document, location.key.clone())))
    }
}

impl SchemaLocation {
    /// The value of a keyword, in the same resource.
    pub(super) fn child(&self, name: &str, value: &Value) -> Self {
        Self { value: value.clone(), key: self.key.child(name), resource: Arc::clone(&self.resource) }
    }

    /// The value of a keyword that the draft has.
    pub(super) fn keyword(&self, name: &str) -> Option<Self> {
        let value = self.value.member(name).filter(|_| self.resource.dialect.draft.has(name))?;
        Some(self.child(name, value))
    }

    /// The value of a keyword that is a number of characters, elements or members.
    pub(super) fn count(&self, name: &str) -> Option<usize> {
        count(&self.keyword(name)?.value)
    }

    /// The element of a list of schemas, in the same resource.
    pub(super) fn element(&self, index: usize, value: &Value) -> Self {
        Self { value: value.clone(), key: self.key.element(index), resource: Arc::clone(&self.resource) }
    }

    /// The location in its own resource, if it has an `$id`.
    #[must_use]
    pub(super) fn entered(self, documents: &Documents) -> Self {
        if self.value.member("$id").or_else(|| self.value.member("id")).is_none() {
            return self;
        }
        let place = (self.resource.document, self.key);
        let known = documents.own_resources.get(&place).cloned();
        let (_, key) = place;
        let own = known.or_else(|| documents.own_resource(&self.value, &self.resource));
        Self { key, resource: own.unwrap_or(self.resource), ..self }
    }

    /// Whether it has a `$ref` beside which everything is ignored.
    pub(super) fn ignores_siblings(&self) -> bool {
        ignores_siblings(&self.value, self.resource.dialect.draft)
    }
}

fn ignores_siblings(value: &Value, draft: Draft) -> bool {
    draft.ignores_siblings() && value.member("$ref").is_some_and(|reference| reference.as_str().is_some())
}

/// A number of characters, elements or members.
pub(super) fn count(value: &Value) -> Option<usize> {
    let count = value.as_number()?.as_i64();
    Some(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX - 1))
}

fn own_id(value: &Value, draft: Draft) -> Option<&str> {
    value.member(draft.id_keyword())?.as_str()
}

fn address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.to_string()
}

fn named(address: &str, fragment: &str) -> String {
    alloc::format!("{address}#{fragment}")
}

#[expect(clippy::expect_used, reason = "a constant that is an absolute URL")]
fn fallback_url() -> Url {
    Url::parse("speckit://schema/root.json").expect("a constant URL parses")
}
