//! What is noticed while a type is read: members that no field reads; and how values are read: which members last, and which
//! floats as integers.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ptr;

use super::{TypedError, TypedErrorKind};
use crate::tree::nearest::nearest;
use crate::tree::{Key, Origin, Segment, Text, Value};

/// Collects the members that structs ignore.
#[derive(Debug)]
pub(super) struct ReadNotes {
    /// The last value that was ignored.
    ignored: Cell<*const Value>,
    unknown: RefCell<Vec<UnknownMember>>,
    /// The values of the type [`Secret`](super::Secret).
    secrets: RefCell<BTreeSet<*const Value>>,
    /// The values of another variant of an enum than the one that was read, which is at this place.
    left_overs: RefCell<BTreeMap<*const Value, Origin>>,
    /// Values that are read after the other members of their table.
    last: BTreeSet<*const Value>,
    /// Floats that are integers in a buffer.
    integers: RefCell<BTreeSet<*const Value>>,
}

#[derive(Debug)]
struct UnknownMember {
    name: Text,
    origin: Origin,
    fields: &'static [&'static str],
}

impl ReadNotes {
    pub(super) fn new() -> Self {
        Self {
            ignored: Cell::new(ptr::null()),
            unknown: RefCell::default(),
            secrets: RefCell::default(),
            left_overs: RefCell::default(),
            last: BTreeSet::new(),
            integers: RefCell::default(),
        }
    }

    /// Reads the values at these keys, and those around them, after the other members of their tables.
    pub(super) fn with_last<'k>(root: &Value, keys: impl IntoIterator<Item = &'k Key>) -> Self {
        let around = |key: &Key| core::iter::successors(Some(key.clone()), Key::parent);
        let values = keys.into_iter().flat_map(around).filter_map(|key| root.get(&key));
        Self { last: values.map(ptr::from_ref).collect(), ..Self::new() }
    }

    pub(super) fn has_last(&self) -> bool {
        !self.last.is_empty()
    }

    pub(super) fn is_last(&self, member: &Value) -> bool {
        self.last.contains(&ptr::from_ref(member))
    }

    /// Sets whether these floats are integers in a buffer.
    pub(super) fn read_as_integers(&self, floats: &[*const Value], are_integers: bool) {
        let mut integers = self.integers.borrow_mut();
        for float in floats {
            if are_integers {
                integers.insert(*float)
            } else {
                integers.remove(float)
            };
        }
    }

    /// Whether the float is an integer in a buffer.
    pub(super) fn is_integer(&self, float: *const Value) -> bool {
        self.integers.borrow().contains(&float)
    }

    /// Forgets the ignored members, before the type is read again.
    pub(super) fn forget_members(&self) {
        self.ignored.set(ptr::null());
        self.unknown.borrow_mut().clear();
        self.secrets.borrow_mut().clear();
        self.left_overs.borrow_mut().clear();
    }

    /// The type ignored this value.
    pub(super) fn ignore(&self, value: &Value) {
        self.ignored.set(value);
    }

    /// The type of this value is a secret.
    pub(super) fn note_secret(&self, value: &Value) {
        self.secrets.borrow_mut().insert(value);
    }

    /// A higher layer chose another variant of an enum than the one that this value is the content of.
    pub(super) fn note_left_over(&self, value: &Value, chosen: &Origin) {
        self.left_overs.borrow_mut().insert(value, chosen.clone());
    }

    /// The keys of the secrets, in the tree that was read.
    pub(super) fn secret_keys(&self, root: &Value) -> Vec<Key> {
        let secrets = self.secrets.borrow();
        let mut keys = Vec::new();
        if !secrets.is_empty() {
            each_key(root, &mut Key::root(), &mut |key, value| {
                keys.extend(secrets.contains(&ptr::from_ref(value)).then(|| key.clone()));
            });
        }
        keys
    }

    /// The keys of what is left of other variants, in the tree that was read, each with the place of the chosen variant.
    pub(super) fn left_overs(&self, root: &Value) -> Vec<(Key, Origin)> {
        let left_overs = self.left_overs.borrow();
        let mut keys = Vec::new();
        if !left_overs.is_empty() {
            each_key(root, &mut Key::root(), &mut |key, value| {
                keys.extend(
                    left_overs.get(&ptr::from_ref(value)).map(|chosen| (key.clone(), chosen.clone())),
                );
            });
        }
        keys
    }

    /// A member was read. If its value was ignored, the struct with these fields does not know it.
    pub(super) fn after_member(&self, name: &Text, member: &Value, fields: &'static [&'static str]) {
        if ptr::eq(self.ignored.replace(ptr::null()), member) && !fields.is_empty() {
            let unknown = UnknownMember { name: name.clone(), origin: member.origin().clone(), fields };
            self.unknown.borrow_mut().push(unknown);
        }
    }

    /// The ignored members as errors, with their keys in the tree that was read.
    pub(super) fn into_errors(self, root: &Value) -> Vec<TypedError> {
        let unknown = self.unknown.into_inner();
        let mut errors = Vec::new();
        if !unknown.is_empty() {
            locate(root, &mut Key::root(), &unknown, &mut errors);
        }
        errors
    }
}

/// Visits every value with its key: tables, lists and what is in them.
fn each_key(value: &Value, key: &mut Key, visit: &mut dyn FnMut(&Key, &Value)) {
    visit(key, value);
    for (name, member) in value.as_table().into_iter().flatten() {
        key.push(Segment::Name(name.clone()));
        each_key(member, key, visit);
        key.pop();
    }
    for (index, element) in value.as_array().into_iter().flatten().enumerate() {
        key.push(Segment::Index(index));
        each_key(element, key, visit);
        key.pop();
    }
}

fn locate(value: &Value, key: &mut Key, unknown: &[UnknownMember], errors: &mut Vec<TypedError>) {
    for (name, member) in value.as_table().into_iter().flatten() {
        key.push(Segment::Name(name.clone()));
        let found = unknown.iter().find(|one| one.name == *name && one.origin == *member.origin());
        match found {
            Some(UnknownMember { origin, fields, .. }) => errors.push(TypedError {
                key: key.clone(),
                origin: Some(origin.clone()),
                kind: TypedErrorKind::UnknownField {
                    expected: fields,
                    nearest: nearest(name, fields.iter().copied()),
                },
            }),
            None => locate(member, key, unknown, errors),
        }
        key.pop();
    }
    for (index, element) in value.as_array().into_iter().flatten().enumerate() {
        key.push(Segment::Index(index));
        locate(element, key, unknown, errors);
        key.pop();
    }
}
