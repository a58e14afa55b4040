//! Stand-ins for the schema types when the feature `schema` is off. [`Schema`] has no values, so that code that reads a
//! schema still compiles.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::facts::{Facts, NamedVariable, Reload};
use crate::config::{Layer, MergeStrategy};
use crate::tree::{Diagnostic, Key, Origin, Text, TypeSet, Value};

/// A compiled schema. It cannot be created without the feature `schema`.
#[derive(Clone, Debug)]
pub enum Schema {}

/// A validator of a schema. Only a schema creates one.
#[derive(Debug)]
pub struct SchemaValidator;

impl SchemaValidator {
    pub(crate) fn check(&self, _: &Value) -> Vec<Diagnostic> {
        Vec::new()
    }
}

macro_rules! never {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident(&self $(, $type:ty)*) -> $result:ty;)*) => {
        impl Schema {
            $($(#[$doc])* $vis fn $name(&self $(, _: $type)*) -> $result {
                match *self {}
            })*
        }
    };
}

never! {
    /// Warnings about the schema.
    pub fn warnings(&self) -> &[Diagnostic];
    pub(crate) fn validator(&self) -> SchemaValidator;
    /// The facts that the schema states about a key.
    pub fn facts(&self, &Key) -> Option<Facts>;
    /// The facts that the schema states about a key of a tree.
    pub fn facts_in(&self, &Key, &Value) -> Option<Facts>;
    pub(crate) fn types(&self, &Key) -> Option<(TypeSet, TypeSet)>;
    pub(crate) fn variable(&self, &Key) -> Option<Text>;
    /// Whether the value at a key is secret.
    pub fn is_secret(&self, &Key) -> bool;
    pub(crate) fn reload(&self, &Key) -> Reload;
    pub(crate) fn has_restarts(&self) -> bool;
    pub(crate) fn merge_strategy(&self, &Key) -> MergeStrategy;
    pub(crate) fn keys(&self) -> Vec<Key>;
    pub(crate) fn member_names(&self, &Key) -> (Vec<Text>, bool);
    pub(crate) fn closed_key(&self, &str, &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>) -> Option<Key>;
    pub(crate) fn wanted_names(&self, &Key, &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool);
    pub(crate) fn named_variables(&self) -> &[NamedVariable];
    pub(crate) fn property_names(&self) -> core::slice::Iter<'_, Text>;
    pub(crate) fn canonical(&self, &Layer) -> (Layer, Vec<Diagnostic>);
    pub(crate) fn deprecated(&self, &Value) -> Vec<Diagnostic>;
    pub(crate) fn defaults(&self, Option<&Value>) -> Option<Layer>;
    pub(crate) fn without_left_overs(&self, &Value) -> Option<Value>;
    pub(crate) fn variant_since(&self, &Value, &Key) -> Option<(String, Origin)>;
    pub(crate) fn left_from(&self, &Value, &Key) -> Option<String>;
    pub(crate) fn with_item_defaults(&self, &Value) -> Option<Value>;
    pub(crate) fn further_defaults(&self, Option<&Value>, &Layer) -> Option<Layer>;
}
