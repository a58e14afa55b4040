//! Compiling documents to a graph: each subschema becomes one node, and all errors are collected.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::compiler::Compiler;
use super::documents::Documents;
use super::facts::Reload;
use super::graph::{NodeId, SchemaGraph, SchemaNode};
use super::keywords::NodeReader;
use super::merge_keyword::misplaced;
use crate::config::MergeStrategy;
use crate::tree::{Code, Diagnostic, Key, Kind, in_report_order};

/// How long a chain of subschemas that apply to the same value may be; real schemas stay below ten.
const MAX_CHAIN: usize = 64;

/// Compiles the schema of `documents`.
///
/// Returns the graph and warnings about the schema, or every error that makes it unusable. Of documents that are known to be valid (`is_checked`),
/// patterns are compiled when they are first used.
pub(super) fn compile(
    documents: &Documents,
    is_checked: bool,
) -> Result<(SchemaGraph, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut compiler = Compiler::new(documents, is_checked);
    compiler.graph.nodes.reserve(documents.subschemas());
    while let Some(location) = compiler.next() {
        let mut node = SchemaNode::any(location.value.origin().clone());
        match location.value.kind() {
            Kind::Bool(allows) => node.refuses = !allows,
            Kind::Table(members) => {
                node = NodeReader { compiler: &mut compiler, location: &location, node }.read(members);
            }
            _ => compiler.invalid(location.key, &location.value, "a schema is an object or a boolean"),
        }
        compiler.graph.nodes.push(node);
    }
    let Compiler { mut graph, mut diagnostics, warnings, .. } = compiler;
    if diagnostics.is_empty() {
        match longest_chain(&graph) {
            Ok(longest) => {
                graph.longest_chain = longest;
                diagnostics.extend(misplaced(&graph));
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    if !diagnostics.is_empty() {
        return Err(in_report_order(diagnostics));
    }
    graph.has_restarts = graph.nodes.iter().any(|node| node.notes.reload == Some(Reload::Restart));
    let users = graph.users();
    graph.reloads_below = graph.leading_to(&users, |_, node| node.notes.reload.is_some());
    graph.secrets_below = graph.leading_to(&users, |_, node| node.notes.secret);
    graph.secret_names = graph.find_secret_names();
    graph.strategies_below = graph.leading_to(&users, |_, node| node.notes.merge.is_some());
    graph.deprecated_below = graph.leading_to(&users, |_, node| node.notes.deprecated);
    graph.variants_below = graph.find_variants(&users);
    graph.shared = graph.find_shared(&users);
    graph.defaults_below = graph.find_defaults();
    graph.settled_defaults = graph.find_settled_defaults();
    graph.item_defaults_below = graph.leading_to(&users, |id, node| {
        let replaces = node.notes.merge == Some(MergeStrategy::Replace);
        (replaces && graph.defaults_below.contains(id))
            || node.elements().any(|id| graph.defaults_below.contains(id))
    });
    Ok((graph, warnings))
}

/// The length of the longest chain of subschemas that apply to the same value.
///
/// # Errors
/// `schema/unsupported` for a cycle that takes no step into the value, and for a chain longer than [`MAX_CHAIN`]:
/// checking them would never end, or would overflow the stack.
fn longest_chain(graph: &SchemaGraph) -> Result<usize, Box<Diagnostic>> {
    let mut users: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut waiting: BTreeMap<NodeId, usize> = BTreeMap::new();
    for id in graph.ids().filter(|id| graph.node(*id).has_parts()) {
        let used = graph.node(id).in_place();
        if !used.is_empty() {
            waiting.insert(id, used.len());
        }
        used.into_iter().for_each(|used| users.entry(used).or_default().push(id));
    }
    let is_free = |id: &&NodeId| !waiting.contains_key(id);
    let mut ready: VecDeque<(NodeId, usize)> = users.keys().filter(is_free).map(|id| (*id, 0)).collect();
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
