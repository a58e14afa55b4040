//! Reading variables into a tree.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::names::{EnvironmentNames, Meaning};
use super::service_links::{RefusedLink, ServiceLinks};
use super::{Environment, Variable};
use crate::config::Layer;
use crate::config::source::parts::{ItemError, LowerLayers};
use crate::config::source::text::json_value;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Key, MAX_DEPTH, Origin, Segment, Value, in_report_order};

impl EnvironmentNames<'_> {
    /// Reads the layer of an environment.
    ///
    /// Returns the layer of the variables that could be read, `None` if no variable sets a key, and every diagnostic:
    /// `env/type`, `env/unknown` and `env/case` (warnings), `env/ambiguous`, `env/file`, `env/service-link`.
    pub fn layer(&self, environment: &Environment) -> (Option<Layer>, Vec<Diagnostic>) {
        let mut reader = EnvironmentReader {
            names: self,
            environment,
            links: ServiceLinks::of(environment),
            diagnostics: Vec::new(),
            settings: BTreeMap::new(),
        };
        for (name, variable) in &environment.variables {
            reader.read(name, variable);
        }
        let root = reader.tree();
        reader.diagnostics.extend(reader.links.diagnostics());
        (root.map(Layer::new), in_report_order(reader.diagnostics))
    }
}

struct EnvironmentReader<'a> {
    names: &'a EnvironmentNames<'a>,
    environment: &'a Environment,
    links: ServiceLinks<'a>,
    diagnostics: Vec<Diagnostic>,
    // Boxed, since each node of a map has room for eleven.
    settings: BTreeMap<Key, Box<Setting>>,
}

/// The value that a variable sets.
struct Setting {
    value: Value,
    /// Whether the variable has a former name.
    is_former: bool,
}

impl<'a> EnvironmentReader<'a> {
    fn read(&mut self, name: &'a str, variable: &'a Variable) {
        let is_link =
            self.links.contains(name, variable) && !matches!(self.names.meaning(name), Meaning::Ignored);
        if is_link && !self.names.is_listed(name) {
            return self.links.add(name, variable, None);
        }
        let mut is_json = false;
        let (key, former, is_file) = match self.names.meaning(name) {
            Meaning::Ignored => return,
            Meaning::Key(key) => (key, false, false),
            Meaning::Alias(key) => (key, true, false),
            Meaning::SecretFile(key) => (key, false, true),
            Meaning::Json(key) => {
                is_json = true;
                (key, false, false)
            }
            Meaning::Unknown => return self.unknown(name),
            Meaning::Ambiguous(first, second) => {
                let message = format!("`{name}` may mean `{first}` or `{second}`");
                let diagnostic =
                    Diagnostic::error(Code::EnvAmbiguous, first, message).at(&self.environment.origin(name));
                return self
                    .diagnostics
                    .push(diagnostic.help("set the intended key in a file, or by an override"));
            }
        };
        let Variable::Text(text) = variable else {
            let diagnostic = Diagnostic::error(Code::EnvType, key, format!("`{name}` is not UTF-8"));
            return self
                .diagnostics
                .push(diagnostic.at(&self.environment.origin(name)).help("set it to valid UTF-8"));
        };
        if text.is_empty() && self.names.ignores_empty(&key) {
            return;
        }
        let content = match is_file.then(|| self.environment.files.get(text)) {
            None => text.as_str(),
            Some(Some(Ok(content))) => content.strip_suffix('\n').unwrap_or(content).trim_end_matches('\r'),
            Some(other) => {
                let why =
                    other.and_then(|read| read.as_ref().err()).map_or("it was not read", String::as_str);
                let diagnostic = Diagnostic::error(
                    Code::EnvFile,
                    key,
                    format!("`{name}`: the file at this path cannot be read: {why}"),
                );
                let help = "set it to the path of a file that holds only the secret";
                return self.diagnostics.push(diagnostic.at(&self.environment.origin(name)).help(help));
            }
        };
        let source = self.environment.source(name, content);
        if is_json {
            return match json_value(content, &source) {
                Ok(value) => self.set(key, value, false, name),
                Err(found) => {
                    let message = format!("`{name}`: expected JSON, found {found}");
                    let diagnostic =
                        Diagnostic::error(Code::EnvType, key, message).at(&Origin::whole(&source));
                    self.diagnostics
                        .push(diagnostic.help("write JSON: `30`, `\"text\"`, `[1,2]`, `{\"key\":1}`"));
                }
            };
        }
        match self.names.value(&key, content, &source) {
            Ok(value) if key.segments().len() + value.levels() > MAX_DEPTH => {
                let message = format!("`{name}`: nested deeper than {MAX_DEPTH} levels");
                self.diagnostics
                    .push(Diagnostic::error(Code::EnvType, key, message).at(&Origin::whole(&source)));
            }
            Ok(value) => {
                if !is_file && let Some(capitals) = self.names.key_in_capitals(name, &key) {
                    self.diagnostics
                        .push(lowered(name, &key, &capitals, self.names.schema.is_some()).at(value.origin()));
                }
                self.set(key, value, former, name);
            }
            Err(_) if is_link => {
                let text = self.names.may_show(&key).then_some(content);
                self.links.add(name, variable, Some(RefusedLink { key, text }));
            }
            Err((error, help)) => {
                // With a quote or a line end that is missing, other variables of a `.env` file are a part of the value.
                let may_join = |c: char| c.is_whitespace() || matches!(c, '=' | ';');
                let has_others = self.environment.file().is_some() && content.contains(may_join);
                let may_show = self.names.may_show(&key) && !has_others;
                let error = if may_show { error.with_text() } else { error.to_string() };
                let message = format!("`{name}`: {error}");
                self.diagnostics.push(
                    Diagnostic::error(Code::EnvType, key, message).at(&Origin::whole(&source)).help(help),
                );
            }
        }
    }

    fn set(&mut self, key: Key, value: Value, former: bool, name: &str) {
        if former {
            let canonical = self.names.variable(&key).unwrap_or_default();
            let message = format!("`{name}` is a former name of `{canonical}`");
            let diagnostic = Diagnostic::warning(Code::EnvAlias, key.clone(), message).at(value.origin());
            self.diagnostics.push(diagnostic.help(format!("set `{canonical}` instead")));
        }
        match self.settings.get(&key) {
            Some(first) if first.is_former == former => {
                let message = format!("`{}` and `{name}` both set this key", first.value.origin());
                let diagnostic = Diagnostic::error(Code::EnvAmbiguous, key, message).at(value.origin());
                self.diagnostics.push(diagnostic.help("keep one of them"));
            }
            // The current name wins over a former one, in any order.
            Some(first) if !first.is_former => {}
            _ => drop(self.settings.insert(key, Box::new(Setting { value, is_former: former }))),
        }
    }

    fn unknown(&mut self, name: &str) {
        let table = self.names.table(self.environment);
        let meant = nearest(name, table.iter().map(|row| row.variable.as_str())).map(String::from);
        let meant = meant.or_else(|| self.names.nearest(name));
        let message = format!("`{name}` sets no key");
        let diagnostic =
            Diagnostic::warning(Code::EnvUnknown, Key::root(), message).at(&self.environment.origin(name));
        // Only a variable of a secret key can name a file.
        let of_no_secret =
            name.strip_suffix("_FILE").filter(|stem| table.iter().any(|row| row.variable == *stem));
        self.diagnostics.push(match (of_no_secret, meant) {
            (Some(stem), _) => {
                diagnostic.help(format!("set `{stem}` itself: only a secret key is read from a file"))
            }
            (None, Some(meant)) => diagnostic.help(format!("did you mean `{meant}`?")),
            (None, None) => {
                diagnostic.help(format!("the variable of a key `a.b_c` is `{}_A__B_C`", self.names.prefix))
            }
        });
    }

    /// The tree of all settings. An element of a list (`KEY__0`) changes the list of the layers below.
    fn tree(&mut self) -> Option<Value> {
        let settings: Vec<(&Key, &Value)> =
            self.settings.iter().map(|(key, setting)| (key, &setting.value)).collect();
        let lower = LowerLayers { schema: self.names.schema, present: self.names.present };
        value_at(&mut Key::root(), &settings, lower, &mut self.diagnostics)
    }
}

/// The value of `settings`, which are at the key or below it and sorted.
fn value_at(
    key: &mut Key,
    settings: &[(&Key, &Value)],
    lower: LowerLayers<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let depth = key.segments().len();
    let (own, inner) = match settings.split_first() {
        Some(((at, own), inner)) if *at == key => (Some((*own).clone()), inner),
        _ => (None, settings),
    };
    let mut names = Vec::new();
    let mut elements = Vec::new();
    for same in
        inner.chunk_by(|(one, _), (other, _)| one.segments().get(depth) == other.segments().get(depth))
    {
        let Some(segment) = same.first().and_then(|(at, _)| at.segments().get(depth)) else { continue };
        key.push(segment.clone());
        let value = value_at(key, same, lower, diagnostics);
        key.pop();
        match (segment, value) {
            (Segment::Name(name), Some(value)) => names.push((name.clone(), value)),
            (Segment::Index(index), Some(value)) => elements.push((*index, value)),
            (_, None) => {}
        }
    }
    let inner = names.first().map(|(_, value)| value).or(elements.first().map(|(_, value)| value));
    let Some(origin) = inner.map(|value| value.origin().clone()) else { return own };
    if let Some(own) = own {
        let message = format!("`{}` sets the whole value and `{origin}` a part of it", own.origin());
        let diagnostic = Diagnostic::error(Code::EnvAmbiguous, key.clone(), message).at(&origin);
        diagnostics.push(diagnostic.help("keep one of them"));
        return Some(own);
    }
    if let (Some((_, name)), Some((_, item))) = (names.first(), elements.first()) {
        let (name, item) = (name.origin(), item.origin());
        let message = format!("`{item}` sets an item of a list and `{name}` a key of a table");
        let diagnostic = Diagnostic::error(Code::EnvAmbiguous, key.clone(), message).at(item);
        diagnostics.push(diagnostic.help("keep one of them"));
    }
    if elements.is_empty() || !names.is_empty() {
        return Some(lower.table(key, names, origin));
    }
    let places: Vec<(usize, Origin)> =
        elements.iter().map(|(index, item)| (*index, item.origin().clone())).collect();
    lower
        .list(key, elements, origin)
        .map_err(|error| {
            let ItemError { index, message, help } = error;
            let place = places.iter().find(|(number, _)| *number == index);
            let mut diagnostic = Diagnostic::error(Code::EnvType, key.clone(), message).help(help);
            diagnostic.origin = place.map(|(_, origin)| origin.clone());
            diagnostics.push(diagnostic);
        })
        .ok()
}

/// The warning that a free name was read in small letters.
fn lowered(variable: &str, key: &Key, capitals: &Key, has_schema: bool) -> Diagnostic {
    let (lower, upper) = (key.last_name().unwrap_or_default(), capitals.last_name().unwrap_or_default());
    let stem = variable.strip_suffix(upper).unwrap_or_default();
    let keep = if has_schema { ", or write \"x-env-case\": \"keep\" into the schema" } else { "" };
    let help = format!("write `{stem}{lower}` if that is meant; for `{upper}`, set the key in a file{keep}");
    let message = format!("`{variable}` sets `{key}`, not `{capitals}`");
    Diagnostic::warning(Code::EnvCase, key.clone(), message).help(help)
}
