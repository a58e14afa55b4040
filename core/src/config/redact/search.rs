//! Whether the value at a key may be a secret, also where it is not described.
//!
//! What is marked as secret is secret. Besides, a value with no known meaning may be a secret in the wrong place: a text where a
//! table with secrets is expected, or a value below an unknown name. Booleans and nulls are hidden only if they are marked.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::tree::nearest::nearest;
use crate::tree::{Kind, Segment, Text, Value};

/// How deep lists and maps without names are searched for a secret.
const MAX_UNNAMED: usize = 8;

/// What is known about the value at one key: by the schema, by the type of the settings, or by the names of secret keys. If it
/// has several possible meanings, all of them.
pub(crate) trait KeyDescription: Sized {
    /// Whether the value, with all in it, is secret.
    fn is_secret(&self) -> bool;
    /// Whether it is, or something that it may contain.
    fn has_secret(&self) -> bool;
    /// Whether the value is one of a few that are listed, and so no secret.
    fn lists(&self, value: &Value) -> bool;
    /// A member or an element.
    fn below(&self, segment: &Segment) -> (Self, Meaning);
    /// The members that have a secret, and a name or former name that is wanted.
    fn named(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self;
    /// The other members of a map that have a secret.
    fn entries(&self) -> Self;
    /// The elements that have a secret.
    fn elements(&self) -> Self;
    /// The members of any table of the tree, as [`KeyDescription::named`].
    fn anywhere(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self;
    /// What either describes.
    fn or(&self, other: &Self) -> Self;
}

/// Whether a name or an index has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// Anything may be there.
    Open,
    /// An element of a list, or a member of a map.
    Entry,
    /// Nothing may be there.
    Refused,
    /// A member that is described by its name.
    Named,
}

/// Whether a value may be a secret; `root` describes the tree.
pub(crate) fn may_be_secret<D: KeyDescription>(root: D, key: &[Segment], value: &Value) -> bool {
    SecretSearch::new(root).may_be_secret(key, value)
}

/// Finds out for many values of one tree whether they may be secrets. What describes the path to the last value is kept, since the
/// next one is usually near.
pub(crate) struct SecretSearch<D> {
    root: D,
    has_secret: bool,
    path: RefCell<Vec<Step<D>>>,
}

/// A segment of the path, and what describes the value at its end.
type Step<D> = (Segment, Option<Described<D>>);

impl<D: KeyDescription> SecretSearch<D> {
    /// A search in the tree that `root` describes.
    pub(crate) fn new(root: D) -> Self {
        Self { has_secret: root.has_secret(), root, path: RefCell::default() }
    }

    /// Whether the value at the key may be a secret.
    pub(crate) fn may_be_secret(&self, key: &[Segment], value: &Value) -> bool {
        if !self.has_secret {
            return false;
        }
        let root = &self.root;
        let mut path = self.path.borrow_mut();
        self.follow(&mut path, key);
        let described = match path.last() {
            Some((_, described)) => described.as_ref(),
            None => Some(&Described::root(root)),
        };
        match described.filter(|described| !described.ends_with_a_free_name) {
            Some(Described { is_marked: true, .. }) => true,
            Some(Described { here, .. }) => is_of_another_kind(here.as_ref().unwrap_or(root), value),
            None => has_name_of_a_secret(root, key, value) || may_be_secret_below(root, key, value),
        }
    }

    /// Replaces the path by that to this key. Their common beginning stays.
    fn follow(&self, path: &mut Vec<Step<D>>, key: &[Segment]) {
        let known = path.iter().zip(key).take_while(|((known, _), segment)| known == *segment).count();
        path.truncate(known);
        for segment in key.iter().skip(known) {
            let described = match path.last() {
                Some((_, around)) => around.as_ref().and_then(|around| around.below(&self.root, segment)),
                None => Described::root(&self.root).below(&self.root, segment),
            };
            path.push((segment.clone(), described));
        }
    }
}

/// The description at a key that has one meaning. Most keys have one: every name is described, or is an entry of a map without
/// names of secrets.
struct Described<D> {
    /// `None` for the root.
    here: Option<D>,
    /// Whether it, or something around it, is secret.
    is_marked: bool,
    ends_with_a_free_name: bool,
}

impl<D: KeyDescription> Described<D> {
    fn root(root: &D) -> Self {
        Self { here: None, is_marked: root.is_secret(), ends_with_a_free_name: false }
    }

    /// The description of a member or an element; `None` if it may have several meanings.
    fn below(&self, root: &D, segment: &Segment) -> Option<Self> {
        let around = self.here.as_ref().unwrap_or(root);
        let (below, meaning) = around.below(segment);
        let ends_with_a_free_name = match (meaning, segment) {
            (Meaning::Named, _) => false,
            (Meaning::Entry, Segment::Index(_)) => self.ends_with_a_free_name,
            (Meaning::Entry, Segment::Name(_)) if !around.named(&|_| true).has_secret() => true,
            _ => return None,
        };
        let is_marked = self.is_marked || below.is_secret();
        Some(Self { here: Some(below), is_marked, ends_with_a_free_name })
    }
}

/// Whether the value may be a secret although something else is expected here, with secrets in it.
fn is_of_another_kind<D: KeyDescription>(here: &D, value: &Value) -> bool {
    let is_scalar = value.as_table().is_none() && value.as_array().is_none();
    here.has_secret() && is_scalar && is_telling(value) && !here.lists(value)
}

fn may_be_secret_below<D: KeyDescription>(root: &D, key: &[Segment], value: &Value) -> bool {
    let mut inner: Option<D> = None;
    for segment in key {
        let here = inner.as_ref().unwrap_or(root);
        if here.is_secret() {
            return true;
        }
        if !here.has_secret() {
            return false;
        }
        let (below, meaning) = here.below(segment);
        if is_out_of_place(here, segment, meaning) && is_telling(value) {
            return true;
        }
        inner = Some(match segment {
            Segment::Name(name) if meaning != Meaning::Named => {
                let meant = below.or(&here.named(&|other| is_near(name, other)));
                if meaning == Meaning::Entry { meant } else { meant.or(&here.entries()) }
            }
            _ => below,
        });
    }
    let here = inner.as_ref().unwrap_or(root);
    here.is_secret() || is_of_another_kind(here, value)
}

/// Whether the member or element has no meaning in a value with secrets: a list stands for a table or a table for a list, or it
/// is refused beside a secret.
fn is_out_of_place<D: KeyDescription>(here: &D, segment: &Segment, meaning: Meaning) -> bool {
    if matches!(meaning, Meaning::Named | Meaning::Entry) {
        return false;
    }
    let siblings = siblings_of(here, segment);
    let is_other_kind = match segment {
        Segment::Name(_) => !siblings.has_secret() && !here.entries().has_secret(),
        Segment::Index(_) => !siblings.has_secret(),
    };
    is_other_kind || (meaning == Meaning::Refused && holds_secret(&siblings))
}

/// Whether a name in the key that is not described is that of a secret in another place, or near to it.
fn has_name_of_a_secret<D: KeyDescription>(root: &D, key: &[Segment], value: &Value) -> bool {
    let mut undescribed = 0..0;
    let mut is_refused = false;
    let mut here: Option<D> = None;
    for (at, segment) in key.iter().enumerate() {
        let (below, meaning) = here.as_ref().unwrap_or(root).below(segment);
        here = Some(below);
        undescribed = if meaning == Meaning::Named { at + 1..at + 1 } else { undescribed.start..at + 1 };
        is_refused = meaning != Meaning::Named && (is_refused || meaning == Meaning::Refused);
    }
    undescribed.into_iter().any(|at| {
        let Some((Segment::Name(name), rest)) = key.get(at..).and_then(<[Segment]>::split_first) else {
            return false;
        };
        let same = || root.anywhere(&|other| name == other);
        let near = root.anywhere(&|other| is_near(name, other));
        (holds_secret(&near) && may_be_secret_below(&near, rest, value))
            || (is_refused && may_be_secret_below(&same(), rest, value))
    })
}

/// The names of secrets, and of lists and maps of secrets, in the tree that `root` describes.
pub(crate) fn secret_names<D: KeyDescription>(root: &D) -> BTreeSet<Text> {
    let names = RefCell::new(BTreeSet::new());
    let collect = |name: &str| {
        names.borrow_mut().insert(Text::new(name));
        false
    };
    root.anywhere(&collect);
    let mut names = names.into_inner();
    names.retain(|name| holds_secret(&root.anywhere(&|other| other == name.as_str())));
    names
}

/// Whether the key, whose value is refused, is in a table or list beside secrets, or in a map whose entries have secrets.
pub(crate) fn is_beside_secret<D: KeyDescription>(root: D, key: &[Segment]) -> bool {
    let Some((last, parents)) = key.split_last() else { return false };
    let table = parents.iter().fold(root, |here, segment| here.below(segment).0);
    let is_entry = matches!(last, Segment::Name(_)) && table.entries().has_secret();
    is_entry || holds_secret(&siblings_of(&table, last))
}

/// The members or elements with a secret of a table or list, as the segment is one.
fn siblings_of<D: KeyDescription>(here: &D, segment: &Segment) -> D {
    match segment {
        Segment::Name(_) => here.named(&|_| true),
        Segment::Index(_) => here.elements(),
    }
}

/// Whether the value is a secret, or a list or map of secrets.
fn holds_secret<D: KeyDescription>(here: &D) -> bool {
    let unnamed = |here: &D| here.entries().or(&here.elements());
    let inner = core::iter::successors(Some(unnamed(here)), |here| Some(unnamed(here)));
    here.is_secret() || inner.take(MAX_UNNAMED).any(|inner| inner.is_secret())
}

/// Whether one name is probably the other one, misspelt.
pub(super) fn is_near(name: &str, other: &str) -> bool {
    nearest(name, [other]).is_some()
}

/// Whether a value may reveal a secret.
fn is_telling(value: &Value) -> bool {
    !matches!(value.kind(), Kind::Bool(_) | Kind::Null | Kind::Unset)
}

#[cfg(test)]
#[cfg(feature = "schema")]
mod tests {
    use super::*;
    use crate::config::schema::{Documents, Schema};
    use crate::config::source::{Language, parse};
    use crate::tree::{Key, LayerKind, Origin, Source};

    const SCHEMA: &str = r#"{"properties": {
        "a": {"properties": {"password": {"x-secret": true}, "port": {"type": "integer"}}},
        "b": {"properties": {"c": {"properties": {"token": {"x-secret": true}, "port": {"type": "integer"}}}}},
        "list": {"items": {"properties": {"key": {"x-secret": true}, "port": {"type": "integer"}}}}
    }}"#;

    #[test]
    fn a_search_does_not_depend_on_the_value_before() {
        let source = Source::document(LayerKind::Defaults, "schema.json", SCHEMA);
        let document = parse(&source, Language::Json).unwrap();
        let schema = Schema::compile(&Documents::new("file:///schema.json", document.root())).unwrap();
        let value = Value::new(Kind::String("hunter2".into()), Origin::whole(&source));
        let secret = ["a.password", "b.c.token", "list[0].key", "list[1].key"].map(|key| (key, true));
        let open = ["a.port", "b.c.port", "list[0].port", "list[1].port"].map(|key| (key, false));
        let all = [secret, open].concat();
        for (first, _) in &all {
            for (second, expected) in &all {
                let search = SecretSearch::new(schema.description());
                let found = [first, second].map(|key| {
                    let key: Key = key.parse().unwrap();
                    search.may_be_secret(key.segments(), &value)
                });
                assert_eq!(found[1], *expected, "{second} after {first}");
            }
        }
    }
}
