//! Compiling documents to a graph: each subschema becomes one node, and all errors are collected.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::dialect::Draft;
use super::documents::{Documents, SchemaLocation};
use super::facts::Reload;
use super::format::StringFormat;
use super::graph::{Combined, Contains, Dependency, Items, NodeId, Notes, SchemaGraph, SchemaNode};
use super::pattern::Pattern;
use crate::config::ListStrategy;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Key, Kind, Text, TypeSet, Value, in_report_order};

/// How long a chain of subschemas that apply to the same value may be; real schemas stay below ten.
const MAX_CHAIN: usize = 64;

/// Compiles the schema of `documents`.
///
/// Returns the graph, or every error that makes the schema unusable.
pub(super) fn compile(documents: &Documents) -> Result<SchemaGraph, Vec<Diagnostic>> {
    let mut compiler = Compiler {
        documents,
        graph: SchemaGraph::default(),
        known: BTreeMap::new(),
        queue: VecDeque::new(),
        scope: Scope::default(),
        diagnostics: Vec::new(),
    };
    if let Some(start) = documents.start() {
        compiler.node(start);
    }
    while let Some((id, location, scope)) = compiler.queue.pop_front() {
        compiler.scope = scope;
        let node = compiler.read(&location);
        if let Some(slot) = compiler.graph.nodes.get_mut(id.0 as usize) {
            *slot = node;
        }
    }
    let Compiler { mut graph, mut diagnostics, .. } = compiler;
    if diagnostics.is_empty() {
        match longest_chain(&graph) {
            Ok(longest) => graph.longest_chain = longest,
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    if !diagnostics.is_empty() {
        return Err(in_report_order(diagnostics));
    }
    graph.has_restarts = graph.nodes.iter().any(|node| node.notes.reload == Some(Reload::Restart));
    graph.reloads_below = graph.leading_to(|node| node.notes.reload.is_some());
    graph.secrets_below = graph.leading_to(|node| node.notes.secret);
    graph.secret_names = graph.find_secret_names();
    graph.strategies_below = graph.leading_to(|node| node.notes.merge.is_some());
    graph.shared = graph.find_shared();
    graph.defaults_below = graph.find_defaults();
    graph.settled_defaults = graph.find_settled_defaults();
    Ok(graph)
}

/// The keywords that we add to Draft 7.
const OURS: &[&str] = &["x-aliases", "x-env", "x-merge", "x-reload", "x-secret"];

struct Compiler<'d> {
    documents: &'d Documents,
    graph: SchemaGraph,
    /// Nodes by document, key in the document, base address, and what dynamic references in it mean.
    known: BTreeMap<(usize, Key, String, Scope), NodeId>,
    queue: VecDeque<(NodeId, SchemaLocation, Scope)>,
    /// The scope of the subschema that is being read.
    scope: Scope,
    diagnostics: Vec<Diagnostic>,
}

/// The outermost resource on the way to a subschema that has each dynamic name: where a dynamic reference leads.
///
/// The same subschema with two such scopes is two nodes, so that every reference of the graph is a fixed one.
type Scope = Arc<BTreeMap<Text, String>>;

impl Compiler<'_> {
    /// The number of a subschema. The subschema is read later, so that no chain of references can overflow the stack.
    fn node(&mut self, location: SchemaLocation) -> NodeId {
        let location = location.entered(self.documents);
        let address = &location.resource.address;
        let mut scope = Arc::clone(&self.scope);
        for name in self.documents.dynamic_names(address) {
            if !scope.contains_key(name) {
                Arc::make_mut(&mut scope).insert(name.clone(), address.clone());
            }
        }
        let place = (location.resource.document, location.key.clone(), address.clone(), Arc::clone(&scope));
        if let Some(id) = self.known.get(&place) {
            return *id;
        }
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        self.graph.nodes.push(SchemaNode::any(location.value.origin().clone()));
        self.known.insert(place, id);
        self.queue.push_back((id, location, scope));
        id
    }

    fn read(&mut self, location: &SchemaLocation) -> SchemaNode {
        let mut node = SchemaNode::any(location.value.origin().clone());
        match location.value.kind() {
            Kind::Bool(allows) => node.refuses = !allows,
            Kind::Table(_) => self.read_keywords(location, &mut node),
            _ => self.invalid(location, "a schema is an object or a boolean"),
        }
        node
    }

    fn read_keywords(&mut self, location: &SchemaLocation, node: &mut SchemaNode) {
        self.warn_of_keywords(location);
        node.notes = self.notes(location);
        let target = self.reference(location, "$ref");
        if location.ignores_siblings() {
            node.reference = target;
            return;
        }
        let dynamic = ["$recursiveRef", "$dynamicRef"].map(|name| self.reference(location, name));
        node.all_of = target.into_iter().chain(dynamic.into_iter().flatten()).collect();
        let references = node.all_of.len();
        if location.resource.dialect.asserts {
            if let Some(types) = location.keyword("type") {
                node.types = self.types(&types);
            }
            node.assertions = self.assertions(location);
            node.required = location.keyword("required").map(|list| texts(&list.value)).unwrap_or_default();
        }
        if location.resource.dialect.asserts_formats {
            let format = location.keyword("format").and_then(|name| StringFormat::named(name.value.as_str()?));
            node.assertions.extend(format.map(Assertion::Format));
        }
        self.read_object_keywords(location, node);
        self.read_array_keywords(location, node);
        self.read_combined(location, node);
        let all_of = location.keyword("allOf").map(|list| self.list(&list)).unwrap_or_default();
        if references == 1 && all_of.is_empty() && node.has_only_references() {
            node.reference = node.all_of.pop();
        }
        node.all_of.extend(all_of);
    }

    /// The target of a reference, if there is one that can be resolved.
    fn reference(&mut self, location: &SchemaLocation, name: &str) -> Option<NodeId> {
        let reference = location.keyword(name)?;
        let text = reference.value.as_str()?.to_string();
        match self.documents.resolve(&location.resource.url, &text) {
            Ok(target) if name == "$ref" => Some(self.node(target)),
            Ok(target) => {
                let outermost = self.documents.dynamic_name(&target, &text).and_then(|name| {
                    let address = self.scope.get(&name)?;
                    self.documents.dynamic_anchor(address, &name).cloned()
                });
                Some(self.node(outermost.unwrap_or(target)))
            }
            Err(why) => {
                let message = format!("`{name}` to `{text}` cannot be resolved: {why}");
                let diagnostic = Diagnostic::error(Code::SchemaUnsupported, reference.key, message);
                self.diagnostics.push(diagnostic.at(reference.value.origin()).help(if text.starts_with('#') {
                    "define it there, or correct the pointer"
                } else {
                    "map its address to the folder that has the document: --schema-map URL-PREFIX=DIR"
                }));
                None
            }
        }
    }

    /// Warns of keywords that have no effect, although their author meant them: those beside a `$ref`, those of later
    /// drafts, and misspelt ones of ours. A misspelt `x-secret` would leave a secret unprotected.
    fn warn_of_keywords(&mut self, location: &SchemaLocation) {
        let draft = location.resource.dialect.draft;
        let beside_ref = location.ignores_siblings();
        for (name, value) in location.value.as_table().into_iter().flatten() {
            let (code, message, help) = if beside_ref && has_effect(name) {
                let message = format!("{} ignores `{name}` beside `$ref`", draft.name());
                (Code::SchemaIgnoredKeyword, message, r#"put the `$ref` into `allOf`: "allOf": [{"$ref": …}]"#.into())
            } else if let Some(later) = draft.later(name) {
                let message = format!("{} has no keyword `{name}`, which is ignored", draft.name());
                let help = format!(r#"declare the draft that has it: "$schema": "{}""#, later.address());
                (Code::SchemaIgnoredKeyword, message, help)
            } else if let Some(meant) = misspelt(name) {
                let message = format!("unknown keyword `{name}`");
                (Code::SchemaUnknownKeyword, message, format!("did you mean `{meant}`?"))
            } else {
                continue;
            };
            let warning = Diagnostic::warning(code, location.key.child(name.clone()), message);
            self.graph.warnings.push(warning.at(&value.origin().of_name(name)).help(help));
        }
    }

    fn read_object_keywords(&mut self, location: &SchemaLocation, node: &mut SchemaNode) {
        if let Some(properties) = location.keyword("properties") {
            node.properties = self.map(&properties);
        }
        if let Some(patterns) = location.keyword("patternProperties") {
            for (text, id) in self.map(&patterns) {
                match Pattern::new(&text) {
                    Ok(pattern) => node.patterns.push((pattern, id)),
                    Err(why) => self.invalid(&patterns.child(&text, &patterns.value), &bad_pattern(&text, &why)),
                }
            }
        }
        let mut one = |name: &str| location.keyword(name).map(|rest| self.node(rest));
        node.additional = one("additionalProperties");
        node.unevaluated_members = one("unevaluatedProperties");
        node.unevaluated_elements = one("unevaluatedItems");
    }

    fn read_array_keywords(&mut self, location: &SchemaLocation, node: &mut SchemaNode) {
        let items = location.keyword("items");
        let is_tuple = |items: &SchemaLocation| items.value.as_array().is_some();
        let (first, rest) = match (location.keyword("prefixItems"), items) {
            (Some(first), rest) => (first, rest),
            (None, Some(items)) if is_tuple(&items) => (items, location.keyword("additionalItems")),
            (None, Some(each)) => {
                node.items = Items::Each(self.node(each));
                return;
            }
            (None, None) => return,
        };
        node.items = Items::Tuple { first: self.list(&first), rest: rest.map(|rest| self.node(rest)) };
    }

    fn read_combined(&mut self, location: &SchemaLocation, node: &mut SchemaNode) {
        let combined = &mut node.combined;
        // Every draft requires at least one alternative; an empty list is ignored.
        let mut branches = |name: &str| {
            location.keyword(name).map(|list| self.list(&list)).filter(|list| !list.is_empty())
        };
        combined.extend(branches("anyOf").map(Combined::AnyOf));
        combined.extend(branches("oneOf").map(Combined::OneOf));
        if let Some(refused) = location.keyword("not") {
            combined.push(Combined::Not(self.node(refused)));
        }
        if let Some(condition) = location.keyword("if") {
            combined.push(Combined::If {
                condition: self.node(condition),
                then: location.keyword("then").map(|then| self.node(then)),
                otherwise: location.keyword("else").map(|otherwise| self.node(otherwise)),
            });
        }
        if let Some(contained) = location.keyword("contains") {
            let asserts = location.resource.dialect.asserts;
            combined.push(Combined::Contains(Contains {
                of: self.node(contained),
                min: location.count("minContains").filter(|_| asserts).unwrap_or(1),
                max: location.count("maxContains").filter(|_| asserts),
                evaluates: location.resource.dialect.draft >= Draft::Draft2020,
            }));
        }
        if let Some(names) = location.keyword("propertyNames") {
            combined.push(Combined::PropertyNames(self.node(names)));
        }
        let mut dependencies = BTreeMap::new();
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            let Some(map) = location.keyword(keyword) else { continue };
            for (name, value) in map.value.as_table().into_iter().flatten() {
                let dependency: &mut Vec<Dependency> = dependencies.entry(name.clone()).or_default();
                dependency.push(match value.kind() {
                    Kind::Array(_) => Dependency::Names(texts(value)),
                    _ => Dependency::Schema(self.node(map.child(name, value))),
                });
            }
        }
        if !dependencies.is_empty() {
            combined.push(Combined::Dependencies(dependencies));
        }
    }

    fn assertions(&mut self, location: &SchemaLocation) -> Vec<Assertion> {
        let number = |name: &str| location.keyword(name).and_then(|location| location.value.as_number().cloned());
        let is_set = |name: &str| location.keyword(name).is_some_and(|at| at.value.as_bool() == Some(true));
        let count = |name: &str| location.count(name);
        let mut all = Vec::new();
        all.extend(location.keyword("enum").map(|allowed| {
            Assertion::Enum(allowed.value.as_array().into_iter().flatten().cloned().collect())
        }));
        all.extend(location.keyword("const").map(|only| Assertion::Const(only.value)));
        // In Draft 4 a boolean beside the bound makes it exclusive.
        all.extend(number("minimum").map(match is_set("exclusiveMinimum") {
            true => Assertion::ExclusiveMinimum,
            false => Assertion::Minimum,
        }));
        all.extend(number("exclusiveMinimum").map(Assertion::ExclusiveMinimum));
        all.extend(number("maximum").map(match is_set("exclusiveMaximum") {
            true => Assertion::ExclusiveMaximum,
            false => Assertion::Maximum,
        }));
        all.extend(number("exclusiveMaximum").map(Assertion::ExclusiveMaximum));
        all.extend(number("multipleOf").map(Assertion::MultipleOf));
        all.extend(count("minLength").map(Assertion::MinLength));
        all.extend(count("maxLength").map(Assertion::MaxLength));
        if let Some(pattern) = location.keyword("pattern")
            && let Some(text) = pattern.value.as_str()
        {
            match Pattern::new(text) {
                Ok(compiled) => all.push(Assertion::Pattern(compiled)),
                Err(why) => self.invalid(&pattern, &bad_pattern(text, &why)),
            }
        }
        all.extend(count("minItems").map(Assertion::MinItems));
        all.extend(count("maxItems").map(Assertion::MaxItems));
        all.extend(is_set("uniqueItems").then_some(Assertion::UniqueItems));
        all.extend(count("minProperties").map(Assertion::MinProperties));
        all.extend(count("maxProperties").map(Assertion::MaxProperties));
        all
    }

    fn notes(&mut self, location: &SchemaLocation) -> Notes {
        let keyword = |name: &str| location.keyword(name);
        let text = |name: &str| keyword(name).and_then(|location| location.value.as_str().map(String::from));
        let yes = |name: &str| keyword(name).is_some_and(|location| location.value.as_bool() == Some(true));
        let reload = keyword("x-reload").and_then(|location| match location.value.as_str() {
            Some("live") => Some(Reload::Live),
            Some("restart") => Some(Reload::Restart),
            _ => {
                self.invalid(&location, "expected \"live\" or \"restart\"");
                None
            }
        });
        let merge = keyword("x-merge").and_then(|location| match location.value.as_str() {
            Some("replace") => Some(ListStrategy::Replace),
            Some("append") => Some(ListStrategy::Append),
            Some("union") => Some(ListStrategy::Union),
            _ => {
                self.invalid(&location, "expected \"replace\", \"append\" or \"union\"");
                None
            }
        });
        Notes {
            description: text("description").or_else(|| text("title")),
            default: keyword("default").map(|location| location.value),
            secret: yes("x-secret") || yes("writeOnly"),
            reload,
            merge,
            aliases: keyword("x-aliases").map(|location| texts(&location.value)).unwrap_or_default(),
            variable: text("x-env").map(Text::from),
            deprecated: yes("deprecated"),
        }
    }

    fn types(&mut self, location: &SchemaLocation) -> TypeSet {
        let named = |value: &Value| value.as_str().and_then(TypeSet::named);
        let types = match location.value.kind() {
            Kind::Array(names) => {
                names.iter().try_fold(TypeSet::NONE, |set, name| Some(set.or(named(name)?)))
            }
            _ => named(&location.value),
        };
        types.unwrap_or_else(|| {
            self.invalid(location, "expected array, boolean, integer, null, number, object or string");
            TypeSet::ANY
        })
    }

    fn list(&mut self, location: &SchemaLocation) -> Vec<NodeId> {
        let elements = location.value.as_array().into_iter().flatten().enumerate();
        elements.map(|(index, value)| self.node(location.element(index, value))).collect()
    }

    fn map(&mut self, location: &SchemaLocation) -> BTreeMap<Text, NodeId> {
        let members = location.value.as_table().into_iter().flatten();
        members.map(|(name, value)| (name.clone(), self.node(location.child(name, value)))).collect()
    }

    fn invalid(&mut self, location: &SchemaLocation, message: &str) {
        let diagnostic = Diagnostic::error(Code::SchemaInvalid, location.key.clone(), message);
        self.diagnostics.push(diagnostic.at(location.value.origin()));
    }
}

/// Whether the keyword restricts a value, or leads to subschemas that do.
fn has_effect(keyword: &str) -> bool {
    matches!(
        keyword,
        "additionalItems" | "additionalProperties" | "allOf" | "anyOf" | "const" | "contains" | "dependencies"
            | "enum" | "exclusiveMaximum" | "exclusiveMinimum" | "format" | "if" | "items" | "maxItems"
            | "maxLength" | "maxProperties" | "maximum" | "minItems" | "minLength" | "minProperties" | "minimum"
            | "multipleOf" | "not" | "oneOf" | "pattern" | "patternProperties" | "properties"
            | "propertyNames" | "required" | "type" | "uniqueItems"
    )
}

/// The keyword of ours that a name is a misspelling of.
fn misspelt(name: &str) -> Option<&'static str> {
    if OURS.contains(&name) || !name.to_lowercase().starts_with("x-") {
        return None;
    }
    nearest(name, OURS.iter().copied())
}

fn bad_pattern(text: &str, why: &str) -> String {
    format!("invalid pattern `{text}`: {why}")
}

fn texts(value: &Value) -> Vec<Text> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Text::from).collect()
}

/// The length of the longest chain of subschemas that apply to the same value.
///
/// # Errors
/// `schema/unsupported` for a cycle that takes no step into the value, and for a chain longer than [`MAX_CHAIN`]:
/// checking them would never end, or would overflow the stack.
fn longest_chain(graph: &SchemaGraph) -> Result<usize, Box<Diagnostic>> {
    let mut users: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut waiting: BTreeMap<NodeId, usize> = BTreeMap::new();
    for id in graph.ids() {
        let used = graph.node(id).in_place();
        waiting.insert(id, used.len());
        used.into_iter().for_each(|used| users.entry(used).or_default().push(id));
    }
    let mut ready: VecDeque<(NodeId, usize)> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| (*id, 0)).collect();
    let mut longest = 0;
    while let Some((id, chain)) = ready.pop_front() {
        waiting.remove(&id);
        longest = longest.max(chain);
        for user in users.get(&id).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    ready.push_back((*user, chain + 1));
                }
            }
        }
    }
    if longest > MAX_CHAIN {
        let message = format!("{longest} nested subschemas apply to one value, expected at most {MAX_CHAIN}");
        return Err(unsupported(graph.node(SchemaGraph::ROOT), message).into());
    }
    let circular = waiting.keys().map(|id| graph.node(*id)).min_by(|a, b| a.origin.report_order(&b.origin));
    match circular {
        None => Ok(longest),
        Some(first) => Err(unsupported(first, "a subschema that refers only to itself".into())
            .help("put the `$ref` below `properties` or `items`, so that it applies to a part of the value")
            .into()),
    }
}

fn unsupported(node: &SchemaNode, message: String) -> Diagnostic {
    Diagnostic::error(Code::SchemaUnsupported, Key::root(), message).at(&node.origin)
}
