//! The environment as a layer: which variable means which key, and what its text means there.
//!
//! `PREFIX_A__B_C` is the key `a.b_c`: `__` stands between keys, `_` inside them. Which keys there are comes from
//! the schema, and for tables with free names from the layers below, so that no name is guessed.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use smol_str::SmolStr;

use super::text::{forms, known_facts, value_of};
use crate::diagnostic::{Diagnostic, in_report_order, nearest};
use crate::key::{Key, Segment};
use crate::merge::Layer;
use crate::origin::{Origin, Source};
use crate::schema::{Facts, Schema, TypeSet};
use crate::value::{MAX_DEPTH, Value};

/// What a variable holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Variable {
    /// A text.
    Text(String),
    /// Bytes that are no UTF-8.
    NotUnicode,
}

/// The environment as it was at one moment, and the secret files that its variables name.
///
/// `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    files: BTreeMap<String, Result<String, String>>,
}

impl Environment {
    /// The environment of these variables.
    pub fn new<N: Into<String>>(variables: impl IntoIterator<Item = (N, Variable)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { variables, files: BTreeMap::new() }
    }

    /// The environment of these texts.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::new(variables.into_iter().map(|(name, text)| (name, Variable::Text(text.into()))))
    }

    /// The text of a variable.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.variables.get(name)? {
            Variable::Text(text) => Some(text),
            Variable::NotUnicode => None,
        }
    }

    /// Tells whether a variable is set, to anything.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Keeps what the shell read for a path that [`EnvironmentNames::secret_files`] named; the error is a reason
    /// without the file's content.
    pub fn add_file(&mut self, path: impl Into<String>, content: Result<String, String>) {
        self.files.insert(path.into(), content);
    }
}

impl core::fmt::Debug for Environment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.variables.keys()).finish()
    }
}

/// One row of the table that `speckit env` prints.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VariableRow {
    /// The variable.
    pub variable: String,
    /// The key that it sets.
    #[serde(serialize_with = "as_text")]
    pub key: Key,
    /// The types that the key allows.
    #[serde(serialize_with = "as_text")]
    pub types: TypeSet,
    /// Whether the environment has it.
    pub set: bool,
}

fn as_text<T: core::fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The names by which an environment sets the keys of one configuration.
#[derive(Clone, Copy, Debug)]
pub struct EnvironmentNames<'a> {
    prefix: &'a str,
    /// Suffixes that the program keeps for itself: `PREFIX_CONFIG`.
    reserved: &'a [&'a str],
    schema: Option<&'a Schema>,
    /// The merged tree of the layers below, which names the members of tables with free names.
    present: Option<&'a Value>,
}

impl<'a> EnvironmentNames<'a> {
    /// The names of `PREFIX_…` for the keys of a schema and of the layers below.
    pub fn new(
        prefix: &'a str,
        reserved: &'a [&'a str],
        schema: Option<&'a Schema>,
        present: Option<&'a Value>,
    ) -> Self {
        Self { prefix, reserved, schema, present }
    }

    /// The variable that sets a key: `x-env` of the schema, else prefix and key in capitals.
    pub fn variable(&self, key: &Key) -> Option<String> {
        if let Some(variable) = self.schema.and_then(|schema| schema.variable(key)) {
            return Some(variable.to_string());
        }
        let mut name = String::from(self.prefix);
        for (index, segment) in key.segments().iter().enumerate() {
            name.push_str(if index == 0 { "_" } else { "__" });
            match segment {
                Segment::Name(part) => name.push_str(&mangled(part)),
                Segment::Index(part) => name.push_str(&part.to_string()),
            }
        }
        (!key.is_root()).then_some(name)
    }

    /// Every variable with its key, by key: one for each leaf that the schema or a layer below names.
    pub fn table(&self, environment: &Environment) -> Vec<VariableRow> {
        let rows = self.leaves().into_iter().filter_map(|key| {
            let variable = self.variable(&key)?;
            let set = environment.is_set(&variable);
            Some(VariableRow { types: self.facts(&key).types, variable, key, set })
        });
        rows.collect()
    }

    /// The files that `PREFIX_KEY_FILE` variables of secret keys name, for the shell to read.
    pub fn secret_files(&self, environment: &Environment) -> Vec<String> {
        let named =
            environment.variables.keys().filter(|name| matches!(self.meaning(name), Meaning::SecretFile(_)));
        named.filter_map(|name| environment.text(name)).map(String::from).collect()
    }

    /// Reads the layer of an environment.
    ///
    /// Returns the layer of what could be read, `None` where no variable sets a key, and every finding:
    /// `env/type`, `env/unknown` (a warning), `env/ambiguous`, `env/file`.
    pub fn layer(&self, environment: &Environment) -> (Option<Layer>, Vec<Diagnostic>) {
        let mut reader = Reader { names: self, environment, found: Vec::new(), settings: BTreeMap::new() };
        for (name, variable) in &environment.variables {
            reader.read(name, variable);
        }
        let root = reader.tree();
        (root.map(Layer::new), in_report_order(reader.found))
    }

    fn facts(&self, key: &Key) -> Facts {
        known_facts(key, self.schema, self.present)
    }

    /// What a variable means; unknown ones outside of the prefix mean nothing.
    fn meaning(&self, variable: &str) -> Meaning {
        let known = self.known(variable);
        if !matches!(known, Meaning::Unknown | Meaning::Nothing) {
            return known;
        }
        if let Some(key) = variable.strip_suffix("_FILE").and_then(|stem| self.key(stem))
            && self.schema.is_some_and(|schema| schema.is_secret(&key))
        {
            return Meaning::SecretFile(key);
        }
        match (known, self.suffix(variable)) {
            (Meaning::Unknown, Some(rest)) => self.free_key(rest).map_or(Meaning::Unknown, Meaning::Key),
            (known, _) => known,
        }
    }

    /// The key that a variable itself sets.
    fn key(&self, variable: &str) -> Option<Key> {
        match self.known(variable) {
            Meaning::Key(key) => Some(key),
            Meaning::Unknown => self.free_key(self.suffix(variable)?),
            _ => None,
        }
    }

    /// What a variable means among the names that the schema or a layer knows.
    fn known(&self, variable: &str) -> Meaning {
        let named: Vec<(Key, bool)> = self.exact_names(variable);
        if let Some((key, alias)) = named.first() {
            return if *alias { Meaning::Alias(key.clone()) } else { Meaning::Key(key.clone()) };
        }
        let Some(rest) = self.suffix(variable).filter(|rest| !self.reserved.contains(rest)) else {
            return Meaning::Nothing;
        };
        // Deeper than a tree may be, no variable sets a key.
        if rest.split("__").count() > MAX_DEPTH {
            return Meaning::Unknown;
        }
        let mut keys = BTreeSet::new();
        self.known_keys(rest, &Key::root(), &mut keys);
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Meaning::Key(key),
            (Some(first), Some(second)) => Meaning::Ambiguous(first, second),
            (None, _) => Meaning::Unknown,
        }
    }

    /// What stands behind the prefix.
    fn suffix<'v>(&self, variable: &'v str) -> Option<&'v str> {
        variable.strip_prefix(self.prefix)?.strip_prefix('_')
    }

    /// Keys that name this very variable: `x-env`, or a former variable in `x-aliases` (then true).
    fn exact_names(&self, variable: &str) -> Vec<(Key, bool)> {
        let Some(schema) = self.schema else { return Vec::new() };
        schema
            .named_variables()
            .iter()
            .filter(|named| named.variable == variable)
            .map(|named| (named.key.clone(), named.former))
            .collect()
    }

    /// Adds every key that the capitals of `rest` may stand for, among names that are known.
    fn known_keys(&self, rest: &str, key: &Key, keys: &mut BTreeSet<Key>) {
        for name in self.names_at(key, &|name| behind_capitals(rest, name).is_some()) {
            let Some(after) = behind_capitals(rest, &name) else { continue };
            let child = key.child(name);
            if after.is_empty() {
                if self.schema.is_none_or(|schema| schema.variable(&child).is_none()) {
                    keys.insert(child);
                }
            } else if let Some(below) = after.strip_prefix("__") {
                self.known_keys(below, &child, keys);
                self.free_below(below, &child, keys);
            }
        }
    }

    /// Below a known key: the index of a list, or a member of a table with free names.
    fn free_below(&self, rest: &str, key: &Key, keys: &mut BTreeSet<Key>) {
        let (first, below) =
            rest.split_once("__").map_or((rest, None), |(first, below)| (first, Some(below)));
        let is_list = || {
            let types = self.facts(key).types;
            types.contains(TypeSet::ARRAY) && types != TypeSet::ANY
        };
        let child = match first.parse::<usize>() {
            Ok(index) if is_list() => key.element(index),
            _ => {
                let Some(schema) = self.schema.filter(|_| !first.is_empty()) else { return };
                let (_, open) = schema.wanted_names(key, &|_| false);
                if !open || !self.names_at(key, &|name| behind_capitals(first, name) == Some("")).is_empty() {
                    return;
                }
                let child = key.child(first.to_lowercase());
                if schema.facts(&child).is_none_or(|facts| facts.types.is_empty()) {
                    return;
                }
                child
            }
        };
        match below {
            None => drop(keys.insert(child)),
            Some(below) => {
                self.known_keys(below, &child, keys);
                self.free_below(below, &child, keys);
            }
        }
    }

    /// A key that no layer and no schema names: the segments in small letters, where the schema allows them.
    fn free_key(&self, rest: &str) -> Option<Key> {
        let mut key = Key::root();
        for part in rest.split("__") {
            if part.is_empty() || key.segments().len() >= MAX_DEPTH {
                return None;
            }
            let open = self.schema.is_none_or(|schema| schema.member_names(&key).1);
            key.push(Segment::Name(part.to_lowercase().into()));
            let allowed =
                self.schema.is_none_or(|schema| schema.facts(&key).is_some_and(|f| !f.types.is_empty()));
            if !open || !allowed {
                return None;
            }
        }
        Some(key)
    }

    /// The known names of the members of a key that are wanted.
    fn names_at(&self, key: &Key, wanted: &dyn Fn(&str) -> bool) -> BTreeSet<SmolStr> {
        let mut names = self.schema.map(|schema| schema.wanted_names(key, wanted).0).unwrap_or_default();
        let present = self.present.and_then(|present| present.get(key)).and_then(Value::as_table);
        let present = present.into_iter().flat_map(|table| table.keys().filter(|name| wanted(name)));
        names.extend(present.cloned());
        names
    }

    /// The keys that hold values of their own: those of the schema that are no tables, and those of the layers.
    fn leaves(&self) -> BTreeSet<Key> {
        let mut leaves = BTreeSet::new();
        if let Some(schema) = self.schema {
            let is_table = |key: &Key| {
                let types = self.facts(key).types;
                types == TypeSet::OBJECT || !schema.member_names(key).0.is_empty()
            };
            leaves.extend(schema.keys().into_iter().filter(|key| !is_table(key)));
        }
        if let Some(present) = self.present {
            present.leaves(false, &mut |key, value| {
                if value.as_table().is_none() {
                    leaves.insert(key.clone());
                }
            });
        }
        leaves
    }
}

enum Meaning {
    /// Not ours.
    Nothing,
    Key(Key),
    /// A former name of the variable of this key.
    Alias(Key),
    /// `…_FILE` of a secret key.
    SecretFile(Key),
    Ambiguous(Key, Key),
    Unknown,
}

struct Reader<'a> {
    names: &'a EnvironmentNames<'a>,
    environment: &'a Environment,
    found: Vec<Diagnostic>,
    /// By key; the flag says that a former name set it.
    settings: BTreeMap<Key, (Value, bool)>,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, variable: &Variable) {
        let (key, former, is_file) = match self.names.meaning(name) {
            Meaning::Nothing => return,
            Meaning::Key(key) => (key, false, false),
            Meaning::Alias(key) => (key, true, false),
            Meaning::SecretFile(key) => (key, false, true),
            Meaning::Unknown => return self.unknown(name),
            Meaning::Ambiguous(first, second) => {
                let message = format!("`{name}` may mean `{first}` or `{second}`");
                let finding = Diagnostic::error("env/ambiguous", first, message).at(&named_only(name));
                return self.found.push(finding.help("set the one that is meant in a file or with --set"));
            }
        };
        let Variable::Text(text) = variable else {
            let finding = Diagnostic::error("env/type", key, format!("`{name}` is not UTF-8"));
            return self.found.push(finding.at(&named_only(name)).help("set it to a text in UTF-8"));
        };
        let content = match is_file.then(|| self.environment.files.get(text)) {
            None => text.as_str(),
            Some(Some(Ok(content))) => content.strip_suffix('\n').unwrap_or(content).trim_end_matches('\r'),
            Some(other) => {
                let why =
                    other.and_then(|read| read.as_ref().err()).map_or("it was not read", String::as_str);
                let finding =
                    Diagnostic::error("env/file", key, format!("the file of `{name}` cannot be read: {why}"));
                let help = "the variable names a file that holds the secret and nothing else";
                return self.found.push(finding.at(&named_only(name)).help(help));
            }
        };
        let source = Source::variable(name, content);
        let facts = self.names.facts(&key);
        match value_of(content, &source, &facts) {
            Ok(value) if key.segments().len() + value.levels() > MAX_DEPTH => {
                let message = format!("`{name}`: nested deeper than {MAX_DEPTH} levels");
                self.found.push(Diagnostic::error("env/type", key, message).at(&Origin::whole(&source)));
            }
            Ok(value) => self.set(key, value, former, name),
            Err(error) => {
                let message = format!("`{name}`: {error}");
                self.found.push(
                    Diagnostic::error("env/type", key, message)
                        .at(&Origin::whole(&source))
                        .help(forms(&facts)),
                );
            }
        }
    }

    fn set(&mut self, key: Key, value: Value, former: bool, name: &str) {
        if former {
            let canonical = self.names.variable(&key).unwrap_or_default();
            let message = format!("`{name}` is a former name of `{canonical}`");
            let finding = Diagnostic::warning("env/alias", key.clone(), message).at(value.origin());
            self.found.push(finding.help(format!("set `{canonical}` instead")));
        }
        match self.settings.get(&key) {
            Some((first, first_is_former)) if *first_is_former == former => {
                let message = format!("`{}` and `{name}` both set this key", first.origin());
                let finding = Diagnostic::error("env/ambiguous", key, message).at(value.origin());
                self.found.push(finding.help("keep one of them"));
            }
            // The present name wins over a former one, in whichever order they come.
            Some((_, false)) => {}
            _ => drop(self.settings.insert(key, (value, former))),
        }
    }

    fn unknown(&mut self, name: &str) {
        let table = self.names.table(self.environment);
        let meant = nearest(name, table.iter().map(|row| row.variable.as_str()));
        let message = format!("`{name}` sets no key");
        let finding = Diagnostic::warning("env/unknown", Key::root(), message).at(&named_only(name));
        self.found.push(match meant {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding
                .help(format!("`{}_…` variables name keys; `__` stands between keys", self.names.prefix)),
        });
    }

    /// The tree of all settings. Elements of a list (`KEY__0`) must begin at 0 and leave none out.
    fn tree(&mut self) -> Option<Value> {
        let mut root = Branch::default();
        for (key, (value, _)) in &self.settings {
            root.put(key.segments(), value);
        }
        let found = &mut self.found;
        root.value(&mut Key::root(), found)
    }
}

/// A node of the tree while it grows.
#[derive(Default)]
struct Branch {
    own: Option<Value>,
    members: BTreeMap<Segment, Branch>,
}

impl Branch {
    fn put(&mut self, segments: &[Segment], value: &Value) {
        match segments.split_first() {
            None => self.own = Some(value.clone()),
            Some((first, rest)) => self.members.entry(first.clone()).or_default().put(rest, value),
        }
    }

    fn value(self, key: &mut Key, found: &mut Vec<Diagnostic>) -> Option<Value> {
        let mut names = Vec::new();
        let mut elements = Vec::new();
        for (segment, branch) in self.members {
            key.push(segment.clone());
            let value = branch.value(key, found);
            key.pop();
            match (segment, value) {
                (Segment::Name(name), Some(value)) => names.push((name, value)),
                (Segment::Index(index), Some(value)) => elements.push((index, value)),
                (_, None) => {}
            }
        }
        if let Some((gap, (_, value))) = elements.iter().enumerate().find(|(at, (index, _))| at != index) {
            let message = format!("the list has no item {gap}");
            let finding = Diagnostic::error("env/type", key.clone(), message).at(value.origin());
            found.push(finding.help("number the items from 0 without a gap"));
        }
        let inner = names.first().map(|(_, value)| value).or(elements.first().map(|(_, value)| value));
        let Some(origin) = inner.map(|value| value.origin().clone()) else { return self.own };
        if let Some(own) = &self.own {
            let message = format!("`{}` sets the whole of what `{origin}` sets a part of", own.origin());
            found.push(
                Diagnostic::error("env/ambiguous", key.clone(), message).at(&origin).help("keep one of them"),
            );
            return self.own;
        }
        if names.is_empty() {
            return Some(Value::array(elements.into_iter().map(|(_, value)| value), origin));
        }
        Some(Value::table(names, origin))
    }
}

/// A name of a key as variables spell it: capitals, and `_` for what is no letter and no digit.
fn mangled(name: &str) -> String {
    let capital = |c: char| if c.is_alphanumeric() { c.to_uppercase().to_string() } else { "_".into() };
    name.chars().map(capital).collect()
}

/// What follows in a variable behind the capitals of a name.
fn behind_capitals<'v>(variable: &'v str, name: &str) -> Option<&'v str> {
    name.chars().try_fold(variable, |rest, c| {
        if c.is_alphanumeric() {
            c.to_uppercase().try_fold(rest, |rest, capital| rest.strip_prefix(capital))
        } else {
            rest.strip_prefix('_')
        }
    })
}

/// The place of a variable whose text does not matter or must not be kept.
fn named_only(name: &str) -> Origin {
    Origin::whole(&Source::variable(name, ""))
}
