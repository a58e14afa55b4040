//! Former names of keys: `x-aliases`.

use alloc::format;
use alloc::vec::Vec;

use smol_str::SmolStr;

use super::lookup::is_variable;
use super::plan::{NodeId, Plan};
use crate::diagnostic::{Diagnostic, in_report_order};
use crate::key::{Key, Segment};
use crate::merge::Layer;
use crate::value::{Kind, Table, Value};

pub(super) fn canonical(plan: &Plan, layer: &Layer) -> (Layer, Vec<Diagnostic>) {
    if plan.nodes.iter().all(|node| node.notes.aliases.is_empty()) {
        return (layer.clone(), Vec::new());
    }
    let mut found = Vec::new();
    let root = renamed(plan, &[Plan::ROOT], layer.root(), &mut Key::root(), &mut found);
    (Layer::new(root), in_report_order(found))
}

fn renamed(
    plan: &Plan,
    nodes: &[NodeId],
    value: &Value,
    key: &mut Key,
    found: &mut Vec<Diagnostic>,
) -> Value {
    let nodes = plan.with_parts(nodes);
    let mut inside = |segment: Segment, of: Vec<NodeId>, value: &Value| {
        key.push(segment);
        let renamed = renamed(plan, &of, value, key, found);
        key.pop();
        renamed
    };
    match value.kind() {
        Kind::Array(elements) => {
            let elements = elements.iter().enumerate().map(|(index, element)| {
                let of = nodes.iter().filter_map(|id| plan.node(*id).of_element(index)).collect();
                inside(Segment::Index(index), of, element)
            });
            Value::array(elements.collect::<Vec<_>>(), value.origin().clone())
        }
        Kind::Table(members) => {
            let mut renamed = Table::new();
            for (name, member) in members {
                let of = nodes.iter().flat_map(|id| plan.node(*id).of_member(name)).collect();
                renamed.insert(name.clone(), inside(Segment::Name(name.clone()), of, member));
            }
            for (former, present) in former_names(plan, &nodes) {
                let Some(member) = renamed.get(&former).filter(|_| former != present).cloned() else {
                    continue;
                };
                renamed.remove(&former);
                let message =
                    format!("`{}` is a former name of `{}`", Key::of([former]), Key::of([present.clone()]));
                let finding = Diagnostic::warning("name/alias", key.child(present.clone()), message);
                let ignored = renamed.contains_key(&present);
                let help =
                    if ignored { "remove it: the present name is set too, and wins" } else { "rename it" };
                found.push(finding.at(member.origin()).help(help));
                if !ignored {
                    renamed.insert(present, member);
                }
            }
            Value::table(renamed, value.origin().clone())
        }
        _ => value.clone(),
    }
}

/// The former names of the members that the nodes name, each with its present name.
fn former_names(plan: &Plan, nodes: &[NodeId]) -> Vec<(SmolStr, SmolStr)> {
    let mut names = Vec::new();
    for (present, id) in nodes.iter().flat_map(|id| &plan.node(*id).properties) {
        for part in plan.with_parts(&[*id]) {
            let former = plan.node(part).notes.aliases.iter().filter(|alias| !is_variable(alias));
            names.extend(former.map(|former| (former.clone(), present.clone())));
        }
    }
    names.sort();
    names.dedup();
    names
}
