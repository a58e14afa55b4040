//! Reads benchmarks from JSON: everything that is wrong at once, each with its place.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::BenchRun;
use super::unknown_keys::unknown_keys;
use crate::bench::benchmark::Benchmark;
use crate::bench::machine::Machine;
use crate::bench::outcome::FailedRuns;
use crate::bench::provenance::Provenance;
use crate::config::redact::Masks;
use crate::config::source::{Language, parse};
use crate::tree::typed::{Read, TypedError, read};
use crate::tree::{Code, Diagnostic, Key, LayerKind, Source, Value, in_report_order, is_ok};

/// What to do about a sample that is no time.
const SAMPLE_HELP: &str = "write each sample in whole nanoseconds: 1500000 for 1.5 ms";
/// What to do about anything else.
const HELP: &str = "`speckit bench export FILE` writes this form";

#[derive(Deserialize)]
struct RunForm {
    benchmarks: Vec<BenchmarkForm>,
    #[serde(rename = "comparison")]
    _comparison: Option<IgnoredAny>,
    #[serde(rename = "comparisons")]
    _comparisons: Option<IgnoredAny>,
    machine: Machine,
    seed: Option<u64>,
}

/// A benchmark without its samples, which [`take_samples`] reads.
#[derive(Deserialize)]
struct BenchmarkForm {
    name: String,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    runs: Option<u32>,
    #[serde(default)]
    warmup: u32,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    provenance: Provenance,
    #[serde(default)]
    failed: Vec<FailedRuns>,
    #[serde(rename = "summary")]
    _summary: Option<IgnoredAny>,
    user_ns: Option<f64>,
    system_ns: Option<f64>,
    peak_rss_bytes: Option<u64>,
    peak_rss_floor_bytes: Option<u64>,
    items: Option<NonZeroU64>,
    bytes: Option<NonZeroU64>,
    #[serde(rename = "samples_ns")]
    _samples_ns: Vec<IgnoredAny>,
}

/// Why a document cannot be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DocumentErrors {
    /// Everything that is wrong, in the order of lines.
    pub diagnostics: Vec<Diagnostic>,
    /// What to hide in a report of them: nothing, unless the document does not parse.
    pub masks: Masks,
}

impl BenchRun {
    /// Reads the document of `bench run --format json`. `name` is the name of its file.
    ///
    /// Summaries and comparisons are not read: they are computed from the samples. A key that is not known is an error if it is near one
    /// that its table lacks, such as `sampels_ns`. Others are ignored, so that documents of later versions can be read:
    /// [`read_with_warnings`](Self::read_with_warnings) names them.
    ///
    /// # Errors
    /// [`DocumentErrors`] with everything that is wrong: the syntax (`parse/…`), or else values of another type, samples that are
    /// no times, missing and mistyped keys, and names that are used twice.
    pub fn read(name: &str, text: &str) -> Result<Self, DocumentErrors> {
        Self::read_with_warnings(name, text).map(|(run, _)| run)
    }

    /// As [`read`](Self::read), with a warning for each key that is ignored, in the order of lines.
    ///
    /// # Errors
    /// Those of [`read`](Self::read); the warnings are among them.
    pub fn read_with_warnings(name: &str, text: &str) -> Result<(Self, Vec<Diagnostic>), DocumentErrors> {
        let source = Source::document(LayerKind::File, name, text);
        let layer = parse(&source, Language::Json)
            .map_err(|diagnostics| DocumentErrors { diagnostics, masks: Masks::default() })?;
        let mut found = Vec::new();
        let (frame, samples) = take_samples(layer.root(), &mut found);
        let (form, errors, unread) = match read::<RunForm>(&frame) {
            Ok(Read { settings, unknown, .. }) => (Some(settings), Vec::new(), unknown),
            Err(mistakes) => (None, mistakes.errors, mistakes.unknown),
        };
        let unknown = unknown_keys(&frame, unread);
        // A key that is mistyped is not missing too.
        let is_meant = |key: &Key| unknown.iter().any(|unknown| unknown.meant.as_ref() == Some(key));
        found.extend(
            errors
                .into_iter()
                .map(TypedError::into_diagnostic)
                .filter(|error| error.code != Code::TypeMissing || !is_meant(&error.key)),
        );
        found.extend(unknown.into_iter().map(|unknown| unknown.diagnostic));
        found.extend(repeated_names(&frame));
        let Some(form) = form.filter(|_| is_ok(&found)) else {
            let helped = found.into_iter().map(|error| match error.help {
                Some(_) => error,
                None => error.help(HELP),
            });
            let masks = Masks::of([&layer], &|_, _| false);
            return Err(DocumentErrors { diagnostics: in_report_order(helped.collect()), masks });
        };
        let benchmarks = form.benchmarks.into_iter().zip(samples);
        let run = Self {
            benchmarks: benchmarks.map(|(form, samples)| benchmark(form, samples)).collect(),
            comparisons: Vec::new(),
            machine: form.machine,
            seed: form.seed,
        };
        Ok((run, in_report_order(found)))
    }
}

/// The samples of each benchmark, and the document with empty lists in their places: there may be a million of them, and a
/// mistake in each.
fn take_samples(root: &Value, errors: &mut Vec<Diagnostic>) -> (Value, Vec<Vec<u64>>) {
    let mut frame = root.clone();
    let mut all = Vec::new();
    let benchmarks = root.member("benchmarks").and_then(Value::as_array);
    for (place, benchmark) in benchmarks.into_iter().flat_map(|list| list.iter()).enumerate() {
        let mut samples = Vec::new();
        if let Some(value) = benchmark.member("samples_ns")
            && let Some(list) = value.as_array()
        {
            let key = Key::of(["benchmarks"]).element(place).child("samples_ns");
            for (place, sample) in list.iter().enumerate() {
                match time(sample) {
                    Some(time) => samples.push(time),
                    None => errors.push(no_time(key.element(place), sample)),
                }
            }
            let empty = Value::array([], value.origin().clone());
            frame = frame.with_value_at(key.segments(), Some(&empty));
        }
        all.push(samples);
    }
    (frame, all)
}

/// The time of a sample.
fn time(sample: &Value) -> Option<u64> {
    u64::try_from(sample.as_number()?.as_u128()?).ok()
}

/// The error about a sample that is no time.
fn no_time(key: Key, sample: &Value) -> Diagnostic {
    let (code, found) = match sample.as_number() {
        Some(number) if number.is_integer() => (Code::TypeOutOfRange, format!("{sample}")),
        Some(_) => (Code::TypeMismatch, format!("the fraction {sample}")),
        None => (Code::TypeMismatch, sample.type_name().into()),
    };
    let message = format!("expected nanoseconds from 0 to {}, found {found}", u64::MAX);
    Diagnostic::error(code, key, message).at(sample.origin()).help(SAMPLE_HELP)
}

/// An error for each name that an earlier benchmark has.
fn repeated_names(root: &Value) -> Vec<Diagnostic> {
    let benchmarks = root.member("benchmarks").and_then(Value::as_array);
    let names = benchmarks.into_iter().flat_map(|list| list.iter()).map(|benchmark| benchmark.member("name"));
    let mut known = BTreeSet::new();
    let repeated = names.enumerate().filter_map(|(place, value)| {
        let value = value?;
        let is_new = known.insert(value.as_str()?);
        let key = Key::of(["benchmarks"]).element(place).child("name");
        (!is_new).then(|| {
            Diagnostic::error(Code::NameDuplicate, key, "an earlier benchmark has this name")
                .at(value.origin())
                .help("give each benchmark a name of its own")
        })
    });
    repeated.collect()
}

fn benchmark(form: BenchmarkForm, samples_ns: Vec<u64>) -> Benchmark {
    let mut benchmark = Benchmark {
        name: form.name,
        command: form.command,
        parameters: form.parameters,
        runs: form.runs.unwrap_or(0),
        warmup: form.warmup,
        failed: form.failed,
        user_ns: form.user_ns,
        system_ns: form.system_ns,
        peak_rss_bytes: form.peak_rss_bytes,
        peak_rss_floor_bytes: form.peak_rss_floor_bytes,
        items: form.items,
        bytes: form.bytes,
        partial: form.partial,
        provenance: form.provenance,
        samples_ns,
    };
    let samples = u32::try_from(benchmark.samples_ns.len()).unwrap_or(u32::MAX);
    benchmark.runs = benchmark.runs.max(samples).max(benchmark.failed_runs());
    benchmark
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    const MACHINE: &str = r#""machine":{"cpu":null,"cores":2,"memory_bytes":null,"os":"Linux 6.1"}"#;

    fn read(benchmarks: &str) -> Result<BenchRun, Vec<String>> {
        let text = format!("{{\"benchmarks\":[{benchmarks}],{MACHINE}}}");
        BenchRun::read("a.json", &text).map_err(|errors| errors.diagnostics.iter().map(line).collect())
    }

    fn line(error: &Diagnostic) -> String {
        assert!(error.origin.is_some() && error.help.is_some(), "{error:?}");
        format!("{}: {}", error.key, error.message)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let run = BenchRun {
            benchmarks: Vec::from([Benchmark {
                name: "a".into(),
                command: Vec::from(["a".to_string(), "<b>".to_string()]),
                parameters: [("n".to_string(), "1".to_string())].into(),
                runs: 4,
                warmup: 1,
                failed: Vec::from([FailedRuns {
                    exit: Some(1),
                    signal: None,
                    timed_out: false,
                    count: 1,
                    first_run: Some(2),
                    last_line: Some("no".into()),
                }]),
                user_ns: Some(1.5),
                peak_rss_bytes: Some(4096),
                peak_rss_floor_bytes: Some(4096),
                items: NonZeroU64::new(3),
                provenance: Provenance {
                    measured_at_ms: Some(1_767_225_600_000),
                    commit: Some("1d0b".into()),
                    dirty: Some(false),
                    generation: Some(7),
                },
                partial: true,
                samples_ns: Vec::from([0, 5, u64::MAX]),
                ..Benchmark::default()
            }]),
            machine: Machine { cores: Some(2), ..Machine::default() },
            seed: Some(u64::MAX),
            ..BenchRun::default()
        };
        let text = serde_json::to_string(&run.to_json()).unwrap();
        assert_eq!(BenchRun::read_with_warnings("a.json", &text).unwrap(), (run, Vec::new()));
    }

    #[test]
    fn every_bad_sample_is_reported_at_once() {
        let max = u64::MAX;
        assert_eq!(
            read(
                r#"{"name":"a","samples_ns":[1,-2,"3",4.5,null,1e30,[],6]},{"name":"b","samples_ns":[true]}"#
            )
            .unwrap_err(),
            [
                format!("benchmarks[0].samples_ns[1]: expected nanoseconds from 0 to {max}, found -2"),
                format!("benchmarks[0].samples_ns[2]: expected nanoseconds from 0 to {max}, found string"),
                format!(
                    "benchmarks[0].samples_ns[3]: expected nanoseconds from 0 to {max}, found the fraction 4.5"
                ),
                format!("benchmarks[0].samples_ns[4]: expected nanoseconds from 0 to {max}, found null"),
                format!("benchmarks[0].samples_ns[5]: expected nanoseconds from 0 to {max}, found 1e30"),
                format!("benchmarks[0].samples_ns[6]: expected nanoseconds from 0 to {max}, found array"),
                format!("benchmarks[1].samples_ns[0]: expected nanoseconds from 0 to {max}, found boolean"),
            ]
        );
    }

    #[test]
    fn missing_keys_and_other_types_are_reported_together() {
        let errors = read(
            r#"{"samples_ns":[-1],"runs":"many"},{"name":"b","items":0},{"name":"b","samples_ns":{}},7"#,
        );
        let errors = errors.unwrap_err();
        for expected in [
            "benchmarks[0].name: missing key `name`",
            "benchmarks[0].samples_ns[0]: expected nanoseconds",
            "benchmarks[0].runs: expected u32, found string",
            "benchmarks[1].samples_ns: missing key `samples_ns`",
            "benchmarks[1].items: ",
            "benchmarks[2].name: an earlier benchmark has this name",
            "benchmarks[2].samples_ns: expected",
            "benchmarks[3]: expected",
        ] {
            assert!(errors.iter().any(|error| error.starts_with(expected)), "{expected} in {errors:#?}");
        }
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        for text in [
            "",
            "[NaN]",
            "{\"benchmarks\": [{\"name\": \"a\", \"samples_ns\": [NaN, Infinity]}]}",
            "[]",
            "{}",
        ] {
            let errors = BenchRun::read("a.json", text).unwrap_err().diagnostics;
            assert!(
                !errors.is_empty() && errors.iter().all(|error| error.origin.is_some()),
                "{text} {errors:?}"
            );
        }
    }

    #[test]
    fn a_hundred_thousand_bad_samples_are_reported_at_once() {
        let samples = "-1,".repeat(100_000) + "-1";
        let errors = read(&format!("{{\"name\":\"a\",\"samples_ns\":[{samples}]}}")).unwrap_err();
        assert_eq!(errors.len(), 100_001);
    }

    #[test]
    fn a_benchmark_without_samples_has_no_summary() {
        let run = read(r#"{"name":"a","samples_ns":[],"later":1}"#).unwrap();
        assert_eq!((run.benchmarks[0].samples(), run.benchmarks[0].runs), (None, 0));
        assert!(serde_json::to_string(&run.to_json()).unwrap().contains(r#""summary":null"#));
    }
}
