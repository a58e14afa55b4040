//! Compiling documents to a graph: each subschema becomes one node, and all errors are collected.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::documents::{Documents, SchemaLocation};
use super::facts::Reload;
use super::format::StringFormat;
use super::graph::{Dependency, Items, Judged, NodeId, Notes, SchemaGraph, SchemaNode};
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
        diagnostics: Vec::new(),
    };
    if let Some(start) = documents.start() {
        compiler.node(start);
    }
    while let Some((id, location)) = compiler.queue.pop_front() {
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
    graph.strategies_below = graph.leading_to(|node| node.notes.merge.is_some());
    graph.defaults_below = graph.find_defaults();
    graph.settled_defaults = graph.find_settled_defaults();
    Ok(graph)
}

/// The keywords that we add to Draft 7.
const OURS: &[&str] = &["x-aliases", "x-env", "x-env-case", "x-env-empty", "x-merge", "x-reload", "x-secret"];

struct Compiler<'d> {
    documents: &'d Documents,
    graph: SchemaGraph,
    /// Nodes by base address, document, and key in the document.
    known: BTreeMap<(String, String, Key), NodeId>,
    queue: VecDeque<(NodeId, SchemaLocation)>,
    diagnostics: Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// The number of a subschema. The subschema is read later, so that no chain of references can overflow the stack.
    fn node(&mut self, location: SchemaLocation) -> NodeId {
        let location = location.entered();
        let origin = location.value.origin();
        let place = (location.base.to_string(), origin.source().name().to_string(), location.key.clone());
        if let Some(id) = self.known.get(&place) {
            return *id;
        }
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        self.graph.nodes.push(SchemaNode::any(origin.clone()));
        self.known.insert(place, id);
        self.queue.push_back((id, location));
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
        let keyword = |name: &str| location.value.member(name).map(|value| location.child(name, value));
        self.warn_of_misspelt_keywords(location);
        node.notes = self.notes(&keyword);
        if let Some(reference) = keyword("$ref")
            && let Some(text) = reference.value.as_str()
        {
            match self.documents.resolve(&location.base, text) {
                Ok(target) => node.reference = Some(self.node(target)),
                Err(why) => {
                    let message = format!("`$ref` to `{text}` cannot be resolved: {why}");
                    let diagnostic = Diagnostic::error(Code::SchemaUnsupported, reference.key, message);
                    self.diagnostics.push(diagnostic.at(reference.value.origin()).help(
                        if text.starts_with('#') {
                            "define it there, or correct the pointer"
                        } else {
                            "map its address to the folder that has the document: --schema-map URL-PREFIX=DIR"
                        },
                    ));
                }
            }
            return;
        }
        if let Some(types) = keyword("type") {
            node.types = self.types(&types);
        }
        node.assertions = self.assertions(&keyword);
        self.read_object_keywords(&keyword, node);
        self.read_array_keywords(&keyword, node);
        node.all_of = keyword("allOf").map(|list| self.list(&list)).unwrap_or_default();
        self.read_judged(&keyword, node);
    }

    /// Warns of a misspelt keyword of ours: a misspelt `x-secret` would leave a secret unprotected.
    fn warn_of_misspelt_keywords(&mut self, location: &SchemaLocation) {
        for (name, value) in location.value.as_table().into_iter().flatten() {
            if OURS.contains(&name.as_str()) || !name.to_lowercase().starts_with("x-") {
                continue;
            }
            if let Some(meant) = nearest(name, OURS.iter().copied()) {
                let message = format!("unknown keyword `{name}`");
                let diagnostic = Diagnostic::warning(
                    Code::SchemaUnknownKeyword,
                    location.key.child(name.clone()),
                    message,
                );
                let diagnostic =
                    diagnostic.at(&value.origin().of_name(name)).help(format!("did you mean `{meant}`?"));
                self.graph.warnings.push(diagnostic);
            }
        }
    }

    fn read_object_keywords(
        &mut self,
        keyword: &dyn Fn(&str) -> Option<SchemaLocation>,
        node: &mut SchemaNode,
    ) {
        if let Some(properties) = keyword("properties") {
            node.properties = self.map(&properties);
        }
        if let Some(patterns) = keyword("patternProperties") {
            for (text, id) in self.map(&patterns) {
                match Pattern::new(&text) {
                    Ok(pattern) => node.patterns.push((pattern, id)),
                    Err(why) => {
                        self.invalid(&patterns.child(&text, &patterns.value), &bad_pattern(&text, &why))
                    }
                }
            }
        }
        node.additional = keyword("additionalProperties").map(|rest| self.node(rest));
        if let Some(required) = keyword("required") {
            node.required = texts(&required.value);
        }
    }

    fn read_array_keywords(
        &mut self,
        keyword: &dyn Fn(&str) -> Option<SchemaLocation>,
        node: &mut SchemaNode,
    ) {
        let Some(items) = keyword("items") else { return };
        node.items = match items.value.kind() {
            Kind::Array(_) => Items::Tuple {
                first: self.list(&items),
                rest: keyword("additionalItems").map(|rest| self.node(rest)),
            },
            _ => Items::Each(self.node(items)),
        };
    }

    /// The keywords that valico checks.
    fn read_judged(&mut self, keyword: &dyn Fn(&str) -> Option<SchemaLocation>, node: &mut SchemaNode) {
        let judged = &mut node.judged;
        // Draft 7 requires at least one alternative; an empty list of another draft is ignored.
        let mut branches =
            |name: &str| keyword(name).map(|list| self.list(&list)).filter(|list| !list.is_empty());
        judged.extend(branches("anyOf").map(Judged::AnyOf));
        judged.extend(branches("oneOf").map(Judged::OneOf));
        if let Some(refused) = keyword("not") {
            judged.push(Judged::Not(self.node(refused)));
        }
        if let Some(condition) = keyword("if") {
            judged.push(Judged::If {
                condition: self.node(condition),
                then: keyword("then").map(|then| self.node(then)),
                otherwise: keyword("else").map(|otherwise| self.node(otherwise)),
            });
        }
        if let Some(contained) = keyword("contains") {
            judged.push(Judged::Contains(self.node(contained)));
        }
        if let Some(names) = keyword("propertyNames") {
            judged.push(Judged::PropertyNames(self.node(names)));
        }
        if let Some(dependencies) = keyword("dependencies") {
            let of = dependencies.value.as_table().into_iter().flatten().map(|(name, value)| {
                let dependency = match value.kind() {
                    Kind::Array(_) => Dependency::Names(texts(value)),
                    _ => Dependency::Schema(self.node(dependencies.child(name, value))),
                };
                (name.clone(), dependency)
            });
            let of: BTreeMap<_, _> = of.collect();
            if !of.is_empty() {
                judged.push(Judged::Dependencies(of));
            }
        }
    }

    fn assertions(&mut self, keyword: &dyn Fn(&str) -> Option<SchemaLocation>) -> Vec<Assertion> {
        let number = |name: &str| keyword(name).and_then(|location| location.value.as_number().cloned());
        let count = |name: &str| {
            number(name).map(|number| {
                number.as_i64().and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX - 1)
            })
        };
        let mut all = Vec::new();
        all.extend(keyword("enum").map(|allowed| {
            Assertion::Enum(allowed.value.as_array().into_iter().flatten().cloned().collect())
        }));
        all.extend(keyword("const").map(|only| Assertion::Const(only.value)));
        all.extend(number("minimum").map(Assertion::Minimum));
        all.extend(number("exclusiveMinimum").map(Assertion::ExclusiveMinimum));
        all.extend(number("maximum").map(Assertion::Maximum));
        all.extend(number("exclusiveMaximum").map(Assertion::ExclusiveMaximum));
        all.extend(number("multipleOf").map(Assertion::MultipleOf));
        all.extend(count("minLength").map(Assertion::MinLength));
        all.extend(count("maxLength").map(Assertion::MaxLength));
        if let Some(pattern) = keyword("pattern")
            && let Some(text) = pattern.value.as_str()
        {
            match Pattern::new(text) {
                Ok(compiled) => all.push(Assertion::Pattern(compiled)),
                Err(why) => self.invalid(&pattern, &bad_pattern(text, &why)),
            }
        }
        all.extend(
            keyword("format")
                .and_then(|name| StringFormat::named(name.value.as_str()?))
                .map(Assertion::Format),
        );
        all.extend(count("minItems").map(Assertion::MinItems));
        all.extend(count("maxItems").map(Assertion::MaxItems));
        all.extend(
            keyword("uniqueItems")
                .filter(|on| on.value.as_bool() == Some(true))
                .map(|_| Assertion::UniqueItems),
        );
        all.extend(count("minProperties").map(Assertion::MinProperties));
        all.extend(count("maxProperties").map(Assertion::MaxProperties));
        all
    }

    fn notes(&mut self, keyword: &dyn Fn(&str) -> Option<SchemaLocation>) -> Notes {
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
        let mut choice = |name: &str, [no, yes]: [&str; 2]| {
            let location = keyword(name)?;
            let chosen =
                location.value.as_str().filter(|text| [no, yes].contains(text)).map(|text| text == yes);
            if chosen.is_none() {
                self.invalid(&location, &format!("expected \"{no}\" or \"{yes}\""));
            }
            chosen
        };
        Notes {
            keeps_case: choice("x-env-case", ["lower", "keep"]),
            ignores_empty: choice("x-env-empty", ["value", "unset"]),
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
