//! Stand-ins for the schema types when the feature `schema` is off. [`Schema`] has no values, so that code that reads a
//! schema still compiles.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::facts::{Facts, NamedVariable, Reload};
use crate::config::redact::{IsSecret, KeyDescription, Meaning};
use crate::config::{Layer, MergeStrategy};
use crate::tree::{Diagnostic, Key, Origin, Segment, Text, TypeSet, Value};

/// A compiled schema. It cannot be created without the feature `schema`.
#[derive(Clone, Debug)]
pub enum Schema {}

/// A validator of a schema. Only a schema creates one.
#[derive(Debug)]
pub struct SchemaValidator;

impl SchemaValidator {
    pub(crate) fn check_with(&self, _: &Value, _: Arc<IsSecret>) -> Vec<Diagnostic> {
        Vec::new()
    }
}

/// The description of a value by a schema.
pub(crate) enum SchemaDescription {}

macro_rules! never {
    ([$($target:tt)*] $($(#[$doc:meta])* $vis:vis fn $name:ident(&self $(, $type:ty)*) -> $result:ty;)*) => {
        impl $($target)* {
            $($(#[$doc])* $vis fn $name(&self $(, _: $type)*) -> $result {
                match *self {}
            })*
        }
    };
}

never! {
    [KeyDescription for SchemaDescription]
    fn is_secret(&self) -> bool;
    fn has_secret(&self) -> bool;
    fn lists(&self, &Value) -> bool;
    fn below(&self, &Segment) -> (Self, Meaning);
    fn named(&self, &dyn Fn(&str) -> bool) -> Self;
    fn entries(&self) -> Self;
    fn elements(&self) -> Self;
    fn anywhere(&self, &dyn Fn(&str) -> bool) -> Self;
    fn or(&self, &Self) -> Self;
}

#[cfg(feature = "proptest")]
never! {
    [Schema]
    pub(crate) fn bounds(&self, &Key, &Value) -> super::bounds::Bounds;
}

never! {
    [Schema]
    /// Warnings about the schema.
    pub fn warnings(&self) -> &[Diagnostic];
    pub(crate) fn validator(&self) -> SchemaValidator;
    /// The facts that the schema states about a key.
    pub fn facts(&self, &Key) -> Option<Facts>;
    /// The facts that the schema states about a key of a tree.
    pub fn facts_in(&self, &Key, &Value) -> Option<Facts>;
    pub(crate) fn types(&self, &Key) -> Option<(TypeSet, TypeSet)>;
    pub(crate) fn variable(&self, &Key) -> Option<Text>;
    /// Whether the schema marks a key, or one above it, as secret.
    pub fn is_secret(&self, &Key) -> bool;
    pub(crate) fn keeps_case(&self, &Key) -> Option<bool>;
    pub(crate) fn ignores_empty(&self, &Key) -> bool;
    pub(crate) fn takes_name(&self, &Key, &str) -> bool;
    pub(crate) fn description(&self) -> SchemaDescription;
    pub(crate) fn reload(&self, &Key) -> Reload;
    pub(crate) fn has_restarts(&self) -> bool;
    pub(crate) fn merge_strategy(&self, &Key) -> MergeStrategy;
    pub(crate) fn names_at_root(&self, &str) -> bool;
    pub(crate) fn keys(&self) -> Vec<Key>;
    pub(crate) fn member_names(&self, &Key) -> (Vec<Text>, bool);
    pub(crate) fn closed_key(&self, &str, &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>) -> Option<Key>;
    pub(crate) fn wanted_names(&self, &Key, &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool);
    pub(crate) fn named_variables(&self) -> &[NamedVariable];
    pub(crate) fn property_names(&self) -> core::slice::Iter<'_, Text>;
    pub(crate) fn canonical(&self, &Layer) -> (Layer, Vec<Diagnostic>);
    pub(crate) fn deprecated(&self, &Value) -> Vec<Diagnostic>;
    pub(crate) fn defaults(&self, Option<&Value>) -> Option<Layer>;
    pub(crate) fn refusal_at(&self, &Key, &Value, Option<&Value>) -> Option<String>;
    pub(crate) fn without_left_overs(&self, &Value) -> Option<Value>;
    pub(crate) fn variant_since(&self, &Value, &Key, &dyn Fn(&Key, &Value) -> bool) -> Option<(String, Origin)>;
    pub(crate) fn left_from(&self, &Value, &Key, &dyn Fn(&Key, &Value) -> bool) -> Option<String>;
    pub(crate) fn with_late_defaults(&self, &Value) -> Option<Value>;
    pub(crate) fn chooses_alike(&self, &Value, &Value) -> bool;
    pub(crate) fn further_defaults(&self, Option<&Value>, &Layer, &Value) -> Option<Layer>;
}
