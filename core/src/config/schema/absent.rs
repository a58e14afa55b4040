//! What stands for a schema where the feature `schema` is off: types of which there is no value, so that whatever reads a
//! schema compiles, and no schema can be had.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::facts::{Facts, NamedVariable, Reload, TypeSet};
use crate::config::{Layer, ListStrategy};
use crate::tree::{Diagnostic, Key, Text, Value};

/// A compiled schema. Without the feature `schema` there is none.
#[derive(Clone, Debug)]
pub enum Schema {}

/// A validator of a schema, which only a schema makes.
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
    /// What is odd about the schema.
    pub fn warnings(&self) -> &[Diagnostic];
    pub(crate) fn validator(&self) -> SchemaValidator;
    /// What the schema says about a key.
    pub fn facts(&self, &Key) -> Option<Facts>;
    pub(crate) fn types(&self, &Key) -> Option<(TypeSet, TypeSet)>;
    pub(crate) fn variable(&self, &Key) -> Option<Text>;
    /// Whether the value at a key is secret.
    pub fn is_secret(&self, &Key) -> bool;
    pub(crate) fn reload(&self, &Key) -> Reload;
    pub(crate) fn has_restarts(&self) -> bool;
    pub(crate) fn list_strategy(&self, &Key) -> ListStrategy;
    pub(crate) fn keys(&self) -> Vec<Key>;
    pub(crate) fn member_names(&self, &Key) -> (Vec<Text>, bool);
    pub(crate) fn closed_key(&self, &str, &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>) -> Option<Key>;
    pub(crate) fn wanted_names(&self, &Key, &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool);
    pub(crate) fn named_variables(&self) -> &[NamedVariable];
    pub(crate) fn property_names(&self) -> core::slice::Iter<'_, Text>;
    pub(crate) fn canonical(&self, &Layer) -> (Layer, Vec<Diagnostic>);
    pub(crate) fn deprecated(&self, &Value) -> Vec<Diagnostic>;
    pub(crate) fn defaults(&self, Option<&Value>) -> Option<Layer>;
    pub(crate) fn further_defaults(&self, Option<&Value>, &Layer) -> Option<Layer>;
}
