//! The tables of a TOML text that later lines may still change, and the rules for such changes.
//!
//! The rules are those of the crate `toml`, which explains a text that they refuse.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use crate::tree::{Kind, List, Origin, Table, Text, Value};

/// A part of a dotted key or of a header.
pub(super) struct Name {
    pub(super) text: Text,
    pub(super) span: Range<usize>,
}

/// How a table was begun, which decides what may be added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By its own header, by `{`, or as the whole text.
    Explicit,
    /// By the header of a table in it. Its own header may follow.
    Implicit,
    /// By a dotted key.
    Dotted,
}

/// A table that later lines may change.
pub(super) struct OpenTable {
    origin: Origin,
    form: Form,
    /// The values that cannot change. A repeated name is found when the table is closed.
    closed: Vec<(Text, Value)>,
    /// The tables of headers and dotted keys.
    open: BTreeMap<Text, Box<OpenMember>>,
}

enum OpenMember {
    Table(OpenTable),
    Array(OpenArray),
}

/// The list of the headers `[[name]]`: headers below it change its last table.
struct OpenArray {
    origin: Origin,
    closed: List,
    last: OpenTable,
}

impl OpenTable {
    pub(super) fn new(origin: Origin) -> Self {
        Self::with_form(origin, Form::Explicit)
    }

    fn with_form(origin: Origin, form: Form) -> Self {
        Self { origin, form, closed: Vec::new(), open: BTreeMap::new() }
    }

    /// Sets the value of a key; `None` if a rule forbids it.
    pub(super) fn set(&mut self, path: &[Name], name: Text, value: Value) -> Option<()> {
        let table = self.descend(path, Form::Dotted)?;
        if !path.is_empty() && table.form == Form::Explicit {
            return None;
        }
        table.closed.push((name, value));
        Some(())
    }

    /// Adds the table of a header; `None` if a rule forbids it.
    pub(super) fn attach(&mut self, header: &[Name], mut table: Self, is_item: bool) -> Option<()> {
        table.closed.shrink_to_fit();
        let (name, path) = header.split_last()?;
        match self.descend(path, Form::Implicit)?.open.entry(name.text.clone()) {
            Entry::Vacant(place) => {
                let member = if is_item {
                    let origin = table.origin.clone();
                    OpenMember::Array(OpenArray { origin, closed: List::default(), last: table })
                } else {
                    OpenMember::Table(table)
                };
                place.insert(Box::new(member));
            }
            Entry::Occupied(place) => match &mut **place.into_mut() {
                OpenMember::Array(array) if is_item => {
                    let previous = mem::replace(&mut array.last, table);
                    array.closed.push(previous.close()?);
                }
                _ => return None,
            },
        }
        Some(())
    }

    /// Begins the table of a header `[name]`, with the tables that headers before it began in it; `None` if a rule forbids it.
    pub(super) fn begin(&mut self, header: &[Name], origin: Origin) -> Option<Self> {
        let (name, path) = header.split_last()?;
        match self.descend(path, Form::Implicit)?.open.remove(&name.text).map(|member| *member) {
            None => Some(Self::new(origin)),
            Some(OpenMember::Table(table)) if table.form == Form::Implicit => {
                Some(Self { origin, form: Form::Explicit, ..table })
            }
            Some(_) => None,
        }
    }

    /// The table at a path, of which missing tables are begun in `form`.
    fn descend(&mut self, path: &[Name], form: Form) -> Option<&mut Self> {
        let mut table = self;
        for Name { text, span } in path {
            let source = table.origin.source();
            let begin = || OpenMember::Table(Self::with_form(Origin::new(source, span.clone()), form));
            let member = table.open.entry(text.clone()).or_insert_with(|| Box::new(begin()));
            table = match &mut **member {
                OpenMember::Array(array) => &mut array.last,
                OpenMember::Table(below) => {
                    if form == Form::Dotted {
                        if below.form == Form::Explicit {
                            return None;
                        }
                        below.form = Form::Dotted;
                    }
                    below
                }
            };
        }
        Some(table)
    }

    /// The value of the table; `None` if a name is set twice.
    pub(super) fn close(self) -> Option<Value> {
        let mut members = self.closed;
        members.reserve_exact(self.open.len());
        for (name, member) in self.open {
            let value = match *member {
                OpenMember::Table(table) => table.close()?,
                OpenMember::Array(OpenArray { origin, mut closed, last }) => {
                    closed.push(last.close()?);
                    Value::new(Kind::Array(closed), origin)
                }
            };
            members.push((name, value));
        }
        let count = members.len();
        let table: Table = members.into_iter().collect();
        (table.len() == count).then(|| Value::new(Kind::Table(table), self.origin))
    }
}
