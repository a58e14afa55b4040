//! Reads and validates a configuration: the common part of opening and reloading.

use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(any(feature = "schema", feature = "sqlite"))]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::Code;
use speckit_core::Layer;
use speckit_core::LayerKind;
#[cfg(feature = "sqlite")]
use speckit_core::Source;
use speckit_core::config::redact::Masks;
use speckit_core::config::reload::Contents;
use speckit_core::config::resolve::{Checked, Document, Extension, Inputs, Refused, Resolved, Rules};
use speckit_core::config::schema::Schema;
#[cfg(feature = "schema")]
use speckit_core::config::schema::SchemaMap;
use speckit_core::tree::typed::{LazyOutline, Outline};
use speckit_core::{Diagnostic, Fingerprint, Key, Value};

use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
#[cfg(feature = "sqlite")]
use crate::config::history::journal::LastGood;
use crate::config::inspection::Inspection;
#[cfg(feature = "schema")]
use crate::config::schemas::compile_file;
use crate::config::snapshot::Candidate;
#[cfg(feature = "sources")]
use crate::config::source::SourceSet;
use crate::config::sources::Sources;
pub(crate) use crate::config::unwound::unwound;
use crate::config::violations::Violations;
use crate::instrumentation::operation::{Operation, timed, timed_result};
#[cfg(feature = "schema")]
use crate::os::documents::Files as _;
use crate::os::world::{RecordingFiles, World};

/// A validation rule of the embedder.
pub(crate) type Check<T> = Arc<dyn Fn(&T) -> Result<(), Violations> + Send + Sync>;

/// Reasons to refuse a configuration for what its layers set, lowest first; whether it is a reload.
pub(crate) type LayerCheck = Arc<dyn Fn(&[Layer], bool) -> Vec<Diagnostic> + Send + Sync>;

/// The source of the schema.
#[derive(Clone, Debug, Default)]
pub(crate) enum SchemaSource {
    /// There is none.
    #[default]
    None,
    /// A part of the program.
    #[cfg(feature = "schema")]
    Given { schema: Box<Schema>, text: Arc<str> },
    /// A file, which is read again when it changes.
    #[cfg(feature = "schema")]
    File { path: PathBuf, maps: Vec<SchemaMap> },
}

/// The options of the rules, without the schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleOptions {
    pub(crate) defaults: Vec<Layer>,
    pub(crate) prefix: Option<String>,
    pub(crate) reserved: Vec<String>,
    pub(crate) ignores_empty_variables: bool,
    pub(crate) extension: Option<fn() -> Box<dyn Extension>>,
    pub(crate) strict: bool,
    /// Keys that are secret whatever the schema and the type say.
    pub(crate) secrets: Vec<Key>,
    pub(crate) deny_unknown: bool,
}

impl RuleOptions {
    pub(crate) fn rules<T: DeserializeOwned>(&self, schema: Option<Schema>) -> Rules {
        let mut rules = Rules::new(schema)
            .with_outline(LazyOutline::new(outline_of::<T>))
            .with_secrets(self.secrets.iter().cloned());
        rules = rules.strict(self.strict).deny_unknown_keys(self.deny_unknown);
        rules = rules.ignore_empty_variables(self.ignores_empty_variables);
        if let Some(prefix) = &self.prefix {
            let reserved: Vec<&str> = self.reserved.iter().map(String::as_str).collect();
            rules = rules.with_prefix(prefix.clone(), &reserved);
        }
        if let Some(extension) = self.extension {
            rules = rules.with_extension(extension());
        }
        rules.with_fixed_layers(&self.defaults)
    }
}

/// Reads and validates a configuration.
pub(crate) struct Loader<T> {
    pub(crate) sources: Sources,
    /// The sources of the program.
    #[cfg(feature = "sources")]
    pub(crate) own_sources: Arc<SourceSet>,
    /// The check of the layers, at the start and at each reload.
    pub(crate) layer_check: Option<LayerCheck>,
    #[cfg(feature = "schema")]
    schema: SchemaSource,
    #[cfg(feature = "schema")]
    options: RuleOptions,
    checks: Vec<Check<T>>,
    /// The rules with the schema that was compiled last.
    rules: Rules,
    /// The files of that schema.
    #[cfg(feature = "schema")]
    schema_contents: Contents,
}

/// The inputs of one read, and their content hashes.
pub(crate) struct ReadInputs {
    pub(crate) contents: Contents,
    inputs: Result<Inputs, Vec<Diagnostic>>,
}

impl<T: DeserializeOwned> Loader<T> {
    /// A loader. Fails if the schema is wrong.
    pub(crate) fn new(
        sources: Sources,
        schema: SchemaSource,
        options: RuleOptions,
        checks: Vec<Check<T>>,
        #[cfg_attr(
            not(feature = "schema"),
            expect(unused_variables, reason = "only a schema file is read here")
        )]
        world: &dyn World,
    ) -> Result<Self, ConfigError> {
        #[cfg(feature = "schema")]
        let recorder = RecordingFiles::of(world);
        let compiled = match &schema {
            SchemaSource::None => None,
            #[cfg(feature = "schema")]
            SchemaSource::Given { schema, .. } => Some((**schema).clone()),
            #[cfg(feature = "schema")]
            SchemaSource::File { path, maps } => {
                Some(compile_file(&recorder, path, maps).map_err(ConfigError::rules)?)
            }
        };
        let rules = options.rules::<T>(compiled);
        Ok(Self {
            sources,
            #[cfg(feature = "sources")]
            own_sources: Arc::default(),
            layer_check: None,
            #[cfg(feature = "schema")]
            schema: if matches!(schema, SchemaSource::File { .. }) { schema } else { SchemaSource::None },
            #[cfg(feature = "schema")]
            options,
            checks,
            rules,
            #[cfg(feature = "schema")]
            schema_contents: recorder.into_contents(),
        })
    }

    /// Reads everything once, the files of the schema too; `extra_paths` are paths whose change matters although nothing is
    /// read from them.
    pub(crate) fn read(&mut self, world: &dyn World, extra_paths: &[PathBuf]) -> ReadInputs {
        let recorder = RecordingFiles::of(world);
        #[cfg(feature = "schema")]
        let compiled = self.renew_schema(world, &recorder);
        #[cfg(not(feature = "schema"))]
        let compiled = Ok(());
        let inputs = self.gather(world, &recorder);
        for path in extra_paths {
            recorder.note_stamp(path);
        }
        ReadInputs { contents: recorder.into_contents(), inputs: compiled.map(|()| inputs) }
    }

    /// The texts of all sources, with the schema as it was compiled last.
    fn gather(&self, world: &dyn World, recorder: &RecordingFiles<'_>) -> Inputs {
        let names = self.rules.keys().variable_names(None);
        let is_ours = |variable: &str| names.is_some_and(|names| names.concerns(variable));
        let own = self.own_contents(recorder);
        let inputs = self.sources.gather(recorder, own, names.as_ref(), || world.environment(&is_ours));
        recorder.note("environment", inputs.environment.fingerprint());
        if !inputs.diagnostics.is_empty() {
            // A folder without a file to read has no content that could differ.
            recorder.note("file diagnostics", fingerprint_of(&inputs.diagnostics));
        }
        inputs
    }

    /// What the sources of the program returned last. Nothing is read here.
    #[cfg(feature = "sources")]
    fn own_contents(&self, recorder: &RecordingFiles<'_>) -> Vec<Result<Document, Diagnostic>> {
        let contents = self.own_sources.contents().into_iter().enumerate();
        let noted = contents.map(|(index, (fingerprint, document))| {
            recorder.note(&format!("source {index}"), fingerprint);
            document
        });
        noted.collect()
    }

    #[cfg(not(feature = "sources"))]
    fn own_contents(&self, _: &RecordingFiles<'_>) -> [Result<Document, Diagnostic>; 0] {
        []
    }

    /// Compiles the schema anew if one of its files is another than when it was compiled last.
    #[cfg(feature = "schema")]
    fn renew_schema(
        &mut self,
        world: &dyn World,
        recorder: &RecordingFiles<'_>,
    ) -> Result<(), Vec<Diagnostic>> {
        let SchemaSource::File { path, maps } = &self.schema else { return Ok(()) };
        let look = RecordingFiles::of(world);
        for file in self.schema_contents.files() {
            // What is read is noted; whether it can be read is a part of that.
            let _ = look.read(Path::new(file));
        }
        let found = look.into_contents();
        if found == self.schema_contents {
            recorder.absorb(found);
            return Ok(());
        }
        let renewed = RecordingFiles::of(world);
        let schema = compile_file(&renewed, path, maps);
        let contents = renewed.into_contents();
        if schema.is_err() {
            // What it would refer to, if it were right, is not known.
            recorder.absorb(found);
        }
        recorder.absorb(contents.clone());
        self.rules = self.options.rules::<T>(Some(schema?));
        self.schema_contents = contents;
        Ok(())
    }

    /// Reads everything once and validates it, with or without the type. The schema is not read again, so it may be a pipe, too.
    pub(crate) fn inspect(self, world: &dyn World, is_typed: bool) -> Inspection {
        let inputs = self.gather(world, &RecordingFiles::of(world));
        let outcome = match is_typed {
            true => self.settle(&inputs, None).map(|resolved| resolved.into_parts().1),
            false => check(&self.rules, &inputs),
        };
        Inspection { rules: self.rules, inputs, outcome }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn into_rules(self) -> Rules {
        self.rules
    }

    /// Validates and deserializes the inputs. Settings that need a restart keep the values of the `running` configuration. A panic in the
    /// embedder's code is a refusal.
    pub(crate) fn resolve(
        &self,
        reading: &ReadInputs,
        running: Option<&Value>,
    ) -> Result<Candidate<T>, ConfigError> {
        let inputs =
            reading.inputs.as_ref().map_err(|diagnostics| ConfigError::rules(diagnostics.clone()))?;
        self.resolve_inputs(inputs, reading.contents.clone(), running)
    }

    /// A fallback from these documents, with the layers above the files if they are valid.
    fn fallback(&self, documents: Vec<Document>, read: &ReadInputs) -> Result<Candidate<T>, ConfigError> {
        let alone = Inputs { documents, ..Inputs::default() };
        let mut inputs = alone.clone();
        if let Ok(read) = &read.inputs {
            let above = read.documents.iter().filter(|document| document.kind() > LayerKind::File);
            inputs.documents.extend(above.cloned());
            inputs.environment = read.environment.clone();
            inputs.overrides = read.overrides.clone();
        }
        self.resolve_inputs(&inputs, Contents::default(), None)
            .or_else(|_| self.resolve_inputs(&alone, Contents::default(), None))
    }

    /// A fallback from the defaults.
    pub(crate) fn defaults(&self, read: &ReadInputs) -> Result<Candidate<T>, ConfigError> {
        self.fallback(Vec::new(), read)
    }

    /// A fallback from a recorded generation. Each text is named after its file and the number of the generation.
    #[cfg(feature = "sqlite")]
    pub(crate) fn last_good(
        &self,
        read: &ReadInputs,
        last_good: &LastGood,
    ) -> Result<Candidate<T>, ConfigError> {
        let document = |(path, text): &(String, Arc<str>)| {
            let name = format!("generation {} of {path}", last_good.number);
            let source = Source::former_document(LayerKind::File, name, path, Arc::clone(text));
            self.sources.document(Path::new(path), source)
        };
        let documents: Result<Vec<Document>, Diagnostic> = last_good.texts.iter().map(document).collect();
        self.fallback(documents.map_err(|diagnostic| ConfigError::rules(vec![diagnostic]))?, read)
    }

    /// The layers that could be read, lowest first; they need not obey the rules.
    #[cfg(feature = "sqlite")]
    pub(crate) fn layers(&self, reading: &ReadInputs) -> Vec<Layer> {
        let inputs = reading.inputs.as_ref().ok();
        inputs.map(|inputs| self.rules.read(inputs).layers().to_vec()).unwrap_or_default()
    }

    fn resolve_inputs(
        &self,
        inputs: &Inputs,
        contents: Contents,
        running: Option<&Value>,
    ) -> Result<Candidate<T>, ConfigError> {
        let rules = &self.rules;
        let resolved = self.settle(inputs, running);
        let resolved = resolved.map_err(|refused| ConfigError::refused(&refused, rules))?;
        let warnings = Diagnostics::of_checked(resolved.checked(), rules);
        let texts = inputs.documents.iter().filter_map(|document| match document {
            // A source may hold what must not be recorded, such as the secrets of a vault.
            Document::Text(source, _) => {
                Some(Arc::clone(source)).filter(|text| text.layer() <= LayerKind::File)
            }
            Document::Parsed(_) | Document::Dotenv(_) => None,
        });
        let sources = texts.collect();
        let read_sources = self.sources.read_sources(inputs);
        let keys = Arc::clone(resolved.checked().keys());
        Ok(Candidate { resolved, keys, contents, sources, read_sources, warnings })
    }

    /// Checks and deserializes the inputs, and checks the settings by the rules of the embedder.
    fn settle(&self, inputs: &Inputs, running: Option<&Value>) -> Result<Resolved<T>, Refused> {
        let rules = &self.rules;
        let resolved = unwound(|| {
            let checked = check(rules, inputs).map_err(|refused| refused.with_type::<T>(rules));
            let checked = self.with_layer_check(checked, running.is_some());
            let written = checked.and_then(|checked| self.accept(checked))?;
            match running {
                Some(running) => rules.defer_restarts(written, running, |checked| self.accept(checked)),
                None => Ok(written),
            }
        });
        resolved.unwrap_or_else(|panic| Err(Refused::of(vec![panicked("reading it", &panic)])))
    }

    /// Refuses what the check of the layers refuses, also if there are other reasons already.
    fn with_layer_check(
        &self,
        checked: Result<Checked, Refused>,
        is_reload: bool,
    ) -> Result<Checked, Refused> {
        let Some(check) = &self.layer_check else { return checked };
        let layers = match &checked {
            Ok(checked) => checked.layers(),
            Err(refused) => refused.layers(),
        };
        let reasons = check(layers, is_reload);
        match checked {
            checked if reasons.is_empty() => checked,
            Ok(checked) => Err(checked.refuse(reasons)),
            Err(refused) => Err(refused.with_reasons(reasons)),
        }
    }

    fn accept(&self, checked: Checked) -> Result<Resolved<T>, Refused> {
        let checks = self.checks.iter().map(|check| {
            |settings: &T| {
                unwound(|| check(settings))
                    .unwrap_or_else(|panic| {
                        Err(Violations::general(panicked("a rule of it", &panic).message))
                    })
                    .map_err(Violations::into_vec)
            }
        });
        timed_result(Operation::Type, || checked.typed::<T>()?.validated(checks))
    }

    /// The masks for the secrets of a valid configuration.
    pub(crate) fn masks(&self, checked: &Checked) -> Masks {
        checked.masks(&self.rules)
    }
}

/// Parses, merges and checks the inputs.
fn check(rules: &Rules, inputs: &Inputs) -> Result<Checked, Refused> {
    let parsed = timed(Operation::Parse, || rules.parse(inputs));
    let layers = timed(Operation::Merge, || rules.merge(parsed, inputs));
    timed_result(Operation::Check, || rules.check(layers))
}

/// The hash that distinguishes refusals: of their codes, keys, places and messages.
pub(crate) fn fingerprint_of(diagnostics: &[Diagnostic]) -> Fingerprint {
    Fingerprint::of_bytes(&serde_json::to_vec(diagnostics).unwrap_or_default())
}

/// The outline of a type. Code of the type may panic on a made-up value; the other keys are known nevertheless.
fn outline_of<T: DeserializeOwned>() -> Outline {
    Outline::guarded::<T>(&|pass| drop(catch_unwind(AssertUnwindSafe(pass))))
}

/// The diagnostic about a panic of the embedder's code.
pub(crate) fn panicked(what: &str, words: &str) -> Diagnostic {
    Diagnostic::error(Code::RulePanicked, Key::root(), format!("{what} panicked: {words}"))
}
