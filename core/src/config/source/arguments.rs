//! The parsed arguments of a command line as overrides.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::Override;
use super::text::moved;
use crate::config::Layer;
use crate::tree::{Code, Diagnostic, Key, Kind, LayerKind, Origin, Segment, Source, Text, Value};

/// What is known about one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// It was given; the name says how, such as `--port`.
    Given(String),
    /// It has its default, or no value.
    NotGiven,
    /// The command line has no such argument.
    Unknown,
}

impl Override {
    /// The values of those arguments that were given. An argument has the last name of its key: `port` sets `server.port` if
    /// `values` has it there.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use speckit_core::config::source::{Argument, Override};
    /// let values = BTreeMap::from([("port", 80), ("workers", 4)]);
    /// let look = |name: &str| if name == "port" { Argument::Given("--port".into()) } else { Argument::NotGiven };
    /// let (layer, _) = Override::layer(&[Override::arguments(&values, &look).unwrap()], None, None, None);
    /// assert_eq!(layer.unwrap().root().to_string(), "{ port = 80 }");
    /// ```
    ///
    /// # Errors
    /// `override/key` for each value without an argument, and for values that no configuration has.
    pub fn arguments(
        values: &impl Serialize,
        look: &dyn Fn(&str) -> Argument,
    ) -> Result<Self, Vec<Diagnostic>> {
        let layer = Layer::of_values(LayerKind::Override, "command line", values);
        let layer = layer.map_err(|diagnostic| Vec::from([diagnostic]))?;
        let mut search = ArgumentSearch { look, unknown: Vec::new() };
        let given = search.given(&mut Key::root(), layer.root());
        match search.unknown.as_slice() {
            [] => Ok(Self::Values(given.unwrap_or_else(|| Value::table([], layer.root().origin().clone())))),
            _ => Err(search.unknown),
        }
    }
}

struct ArgumentSearch<'a> {
    look: &'a dyn Fn(&str) -> Argument,
    unknown: Vec<Diagnostic>,
}

impl ArgumentSearch<'_> {
    /// The part of a value that was given.
    fn given(&mut self, key: &mut Key, value: &Value) -> Option<Value> {
        match key.last_name().map_or(Argument::Unknown, self.look) {
            Argument::Given(name) => {
                return Some(moved(value, &Origin::whole(&Source::fragment(LayerKind::Override, name, ""))));
            }
            Argument::NotGiven => return None,
            Argument::Unknown => {}
        }
        match value.kind() {
            Kind::Table(members) => {
                let mut given: Vec<(Text, Value)> = Vec::new();
                for (name, member) in members {
                    key.push(Segment::Name(name.clone()));
                    given.extend(self.given(key, member).map(|member| (name.clone(), member)));
                    key.pop();
                }
                let origin = given.first().map(|(_, member)| member.origin().clone())?;
                Some(Value::table(given, origin))
            }
            Kind::Null => None,
            _ => {
                let name = key.last_name().unwrap_or_default();
                let message = alloc::format!("the command line has no argument `{name}`");
                let help =
                    "give the argument the same `id` as the field, or skip the field when it is serialized";
                self.unknown.push(Diagnostic::error(Code::OverrideKey, key.clone(), message).help(help));
                None
            }
        }
    }
}
