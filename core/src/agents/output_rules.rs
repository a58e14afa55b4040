//! The rules for the output of a provider's program, ready to be applied.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use serde::Deserialize;

use super::ProviderConfig;
use super::consensus::JsonPointer;
use super::provider_output::{CaptureGroup, FailureClass, FailurePattern, OutputMode};
use crate::agents::process::capture::Captured;
use crate::retry::{ErrorClass, Failure};
use crate::text::Pattern;
use crate::tree::typed::from_value;
use crate::tree::{Code, Diagnostic, Key, LayerKind, Value, in_report_order};

/// How the output of an agent is read, and what in it shows a failure.
///
/// The default reads text, in which nothing shows a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputRules {
    /// The form of standard output.
    pub mode: OutputMode,
    /// The place of the answer; `None`: the whole output.
    pub answer_at: Option<JsonPointer>,
    /// The place of what shows a failure.
    pub error_at: Option<JsonPointer>,
    failures: Vec<FailureRule>,
}

/// A [`FailurePattern`], ready to be searched for.
#[derive(Clone, Debug, PartialEq)]
struct FailureRule {
    pattern: Pattern,
    class: FailureClass,
    retry_after: Option<CaptureGroup>,
}

/// A pattern that matches an output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundFailure {
    /// The index of the pattern.
    pub(crate) index: usize,
    pub(crate) failure: Failure,
    /// The line in which the match begins.
    pub(crate) line: String,
}

/// The settings of a provider for its output.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OutputSettings {
    output: OutputMode,
    answer_at: Option<String>,
    error_at: Option<String>,
    failure_patterns: Vec<FailurePattern>,
}

/// Checks the settings for the output of each provider in a configuration tree, and that `orchestrator.accept` has answers to compare
/// with.
///
/// Returns errors in the order of reports: `gate/accept`, `provider/output`, `provider/pattern`. Values of a wrong type are ignored,
/// since the schema rejects them, and so are providers that only the defaults set.
pub fn check_outputs(root: &Value) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let orchestrator = root.member("orchestrator");
    let set = |name| orchestrator.and_then(|orchestrator| orchestrator.member(name));
    if set("accept").is_some() && set("agree_on").is_none() {
        diagnostics.push(accept_without_agree_on());
    }
    for (name, provider) in root.member("providers").and_then(Value::as_table).into_iter().flatten() {
        let is_own = |member| provider.member(member).is_some_and(|value: &Value| !is_default(value));
        if !["output", "answer_at", "error_at", "failure_patterns"].into_iter().any(is_own) {
            continue;
        }
        let Ok(settings) = from_value::<OutputSettings>(provider) else { continue };
        diagnostics.extend(OutputRules::read(name, &settings).err().unwrap_or_default());
    }
    let located = |diagnostic: Diagnostic| match root.get(&diagnostic.key) {
        Some(value) => diagnostic.at(value.origin()),
        None => diagnostic,
    };
    in_report_order(diagnostics.into_iter().map(located).collect())
}

/// The error for accepted answers that are compared with nothing.
pub(crate) fn accept_without_agree_on() -> Diagnostic {
    let key = Key::of(["orchestrator", "accept"]);
    let message = "the accepted answers are compared with nothing, since `orchestrator.agree_on` is not set";
    Diagnostic::error(Code::GateAccept, key, message)
        .help("set orchestrator.agree_on to the key of the answers, such as \"verdict\", or remove orchestrator.accept")
}

fn is_default(value: &Value) -> bool {
    let mut is_default = true;
    value.leaves_and_elements(&mut |_, leaf| is_default &= leaf.origin().layer() == LayerKind::Defaults);
    is_default
}

impl OutputRules {
    /// The rules of the provider with this name.
    ///
    /// # Errors
    /// Every mistake, with the key of its setting.
    pub fn of(name: &str, provider: &ProviderConfig) -> Result<Self, Vec<Diagnostic>> {
        let settings = OutputSettings {
            output: provider.output,
            answer_at: provider.answer_at.clone(),
            error_at: provider.error_at.clone(),
            failure_patterns: provider.failure_patterns.clone(),
        };
        Self::read(name, &settings)
    }

    fn read(name: &str, settings: &OutputSettings) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let provider = Key::of(["providers", name]);
        let mut pointer = |member: &str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<JsonPointer>).transpose();
            parsed.unwrap_or_else(|error| {
                let written = text.as_deref().unwrap_or_default();
                let message = format!("`{written}` is not a JSON pointer: {error}");
                let diagnostic = Diagnostic::error(Code::ProviderOutput, provider.child(member), message);
                diagnostics.push(diagnostic.help("write a place such as /result or /item/text"));
                None
            })
        };
        let answer_at = pointer("answer_at", &settings.answer_at);
        let error_at = pointer("error_at", &settings.error_at);
        let mut failures = Vec::new();
        for (index, settings) in settings.failure_patterns.iter().enumerate() {
            match FailureRule::of(&provider.child("failure_patterns").element(index), settings) {
                Ok(rule) => failures.push(rule),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        let rules = Self { mode: settings.output, answer_at, error_at, failures };
        if diagnostics.is_empty() { Ok(rules) } else { Err(diagnostics) }
    }

    /// How many patterns show a failure.
    pub fn failure_patterns(&self) -> usize {
        self.failures.len()
    }

    /// The first pattern that matches what was kept of the output. No match crosses a gap.
    pub(crate) fn failure(&self, stdout: &Captured, stderr: &Captured) -> Option<FoundFailure> {
        if self.failures.is_empty() {
            return None;
        }
        let parts = [stdout.head(), stdout.tail(), stderr.head(), stderr.tail()].map(String::from_utf8_lossy);
        let found = |(index, rule): (usize, &FailureRule)| {
            let (failure, line) = parts.iter().find_map(|part| rule.find(part))?;
            Some(FoundFailure { index, failure, line })
        };
        self.failures.iter().enumerate().find_map(found)
    }
}

impl FailureRule {
    fn of(key: &Key, settings: &FailurePattern) -> Result<Self, Diagnostic> {
        let compiled =
            Pattern::new(&settings.pattern).and_then(|pattern| pattern.check_size().map(|()| pattern));
        let pattern = compiled.map_err(|error| {
            let diagnostic =
                Diagnostic::error(Code::ProviderPattern, key.child("pattern"), error.to_string());
            match error.help() {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            }
        })?;
        let groups: Vec<Option<&str>> = pattern.groups().collect();
        let unknown = settings.retry_after.as_ref().filter(|group| match group {
            CaptureGroup::Number(number) => *number == 0 || groups.get(*number as usize).is_none(),
            CaptureGroup::Name(name) => !groups.contains(&Some(name)),
        });
        if let Some(group) = unknown {
            let message = format!("the pattern has no group {group}; it has {}", listed(&groups));
            let help = "put the seconds into a group, as in `wait (?<seconds>\\d+)`, and name it here";
            return Err(
                Diagnostic::error(Code::ProviderPattern, key.child("retry_after"), message).help(help)
            );
        }
        Ok(Self { pattern, class: settings.class, retry_after: settings.retry_after.clone() })
    }

    /// What the first match says, and its line.
    fn find(&self, text: &str) -> Option<(Failure, String)> {
        let captures = self.pattern.captures(text)?;
        // The match may begin with line ends.
        let after = text.get(captures.get(0)?.start()..)?.trim_start_matches(['\r', '\n']);
        let before = text.strip_suffix(after)?;
        let begun = before.rsplit('\n').next().unwrap_or_default();
        let line = format!("{begun}{}", after.lines().next().unwrap_or_default());
        let group = match &self.retry_after {
            Some(CaptureGroup::Number(number)) => captures.get(*number as usize),
            Some(CaptureGroup::Name(name)) => captures.name(name),
            None => None,
        };
        let failure =
            Failure::of(self.class.into()).with_suggested(group.and_then(|group| seconds(group.as_str())));
        Some((failure, line))
    }
}

impl From<FailureClass> for ErrorClass {
    fn from(class: FailureClass) -> Self {
        match class {
            FailureClass::Retryable => Self::Retryable,
            FailureClass::Permanent => Self::Permanent,
        }
    }
}

/// The groups of a pattern without the first one, which is the whole match.
fn listed(groups: &[Option<&str>]) -> String {
    let shown = |(number, name): (usize, &Option<&str>)| match name {
        Some(name) => format!("`{name}`"),
        None => number.to_string(),
    };
    let shown: Vec<String> = groups.iter().enumerate().skip(1).map(shown).collect();
    if shown.is_empty() { "none".into() } else { shown.join(", ") }
}

/// Seconds, whole or with a fraction; more than a [`Duration`] holds give the longest one.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_number = text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds = is_number.then(|| text.parse::<f64>().ok())??;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn pattern(pattern: &str, class: FailureClass, retry_after: Option<CaptureGroup>) -> FailurePattern {
        FailurePattern { pattern: pattern.into(), class, retry_after }
    }

    fn rules(failure_patterns: Vec<FailurePattern>) -> Result<OutputRules, Vec<Diagnostic>> {
        OutputRules::read("google", &OutputSettings { failure_patterns, ..OutputSettings::default() })
    }

    fn captured(text: &str) -> Captured {
        Captured::from(text.as_bytes().to_vec())
    }

    #[test]
    fn the_first_pattern_that_matches_decides() {
        use FailureClass::{Permanent, Retryable};
        let name = || Some(CaptureGroup::Name("wait".into()));
        let rules = rules(vec![
            pattern(r"limit.*after (?<wait>[\d.]+)", Retryable, name()),
            pattern(r"(?i)rate (limit)", Retryable, Some(CaptureGroup::Number(1))),
            pattern("quota", Permanent, None),
        ])
        .unwrap();
        let found = |stdout: &str, stderr: &str| {
            let found = rules.failure(&captured(stdout), &captured(stderr))?;
            Some((found.index, found.failure.class, found.failure.suggested, found.line))
        };
        let wait = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!(
            found("a\nhit a limit, retry after 1.5 s\r\nb", "quota"),
            Some((0, ErrorClass::Retryable, wait(1.5), "hit a limit, retry after 1.5 s".into()))
        );
        // The group of the second pattern has no number.
        assert_eq!(found("Rate Limit", ""), Some((1, ErrorClass::Retryable, None, "Rate Limit".into())));
        assert_eq!(found("fine", "no quota"), Some((2, ErrorClass::Permanent, None, "no quota".into())));
        assert_eq!(found("fine", ""), None);
        let cut = Captured::cut(b"rate ".to_vec(), b"limit", 9);
        assert_eq!(rules.failure(&cut, &Captured::default()), None, "the parts do not meet");
    }

    #[test]
    fn every_kept_part_is_searched_and_standard_output_first() {
        let rules = rules(vec![pattern(
            r"wait (\d+) of (\d+)",
            FailureClass::Retryable,
            Some(CaptureGroup::Number(2)),
        )]);
        let rules = rules.unwrap();
        let found = |stdout: &Captured, stderr: &Captured| {
            rules.failure(stdout, stderr).map(|found| (found.line, found.failure.suggested))
        };
        let none = Captured::default();
        let one = || Some((String::from("wait 1 of 30"), Some(Duration::from_secs(30))));
        for part in [Captured::cut(b"wait 1 of 30".into(), &[], 9), Captured::cut(vec![], b"wait 1 of 30", 9)]
        {
            assert_eq!([found(&part, &none), found(&none, &part)], [one(), one()]);
        }
        assert_eq!(found(&captured("wait 1 of 30"), &captured("wait 1 of 7")), one());
    }

    #[test]
    fn a_line_begins_after_the_line_ends_of_a_match() {
        let rules = rules(vec![pattern(r"\s*quota\s*", FailureClass::Permanent, None)]).unwrap();
        for (text, line) in [
            ("a\r\n\nno quota left\nb", "no quota left"),
            ("a\n\nquota left\nb", "quota left"),
            ("quota\n", "quota"),
        ] {
            let found = rules.failure(&captured(text), &Captured::default()).unwrap();
            assert_eq!(found.line, line);
        }
    }

    #[test]
    fn the_settings_of_a_configuration_are_checked_in_the_order_of_reports() {
        use crate::config::source::{Language, parse};
        use crate::config::{MergeStrategy, Merged};
        use crate::tree::Source;

        let found = |text: &str| {
            let defaults = "[providers.default]\nerror_at = \"e\"\n[providers.set]\nanswer_at = \"/a\"\nerror_at = \"e\"\n";
            let layers = [(LayerKind::Defaults, "base", defaults), (LayerKind::File, "app.toml", text)];
            let layers = layers.map(|(kind, name, text)| {
                parse(&Source::document(kind, name, text), Language::Toml).unwrap()
            });
            let merged = Merged::of(&layers, &|_| MergeStrategy::Join).unwrap();
            let line =
                |one: &Diagnostic| format!("{} {} {}", one.code, one.key, one.origin.as_ref().unwrap());
            check_outputs(merged.root()).iter().map(line).collect::<Vec<_>>()
        };
        let text = "[orchestrator]\naccept = [\"yes\"]\n\n[providers.a]\noutput = \"xml\"\nanswer_at = \"a\"\n\
                    [[providers.b.failure_patterns]]\npattern = \"(\"\nclass = \"permanent\"\n[providers.c]\nanswer_at = \"a\"\n\
                    [providers.set]\nanswer_at = \"/b\"\n";
        assert_eq!(
            found(text),
            [
                "provider/output providers.set.error_at base:5:12",
                "gate/accept orchestrator.accept app.toml:2:10",
                "provider/pattern providers.b.failure_patterns[0].pattern app.toml:8:11",
                "provider/output providers.c.answer_at app.toml:11:13",
            ]
        );
        assert_eq!(found("[orchestrator]\naccept = [\"yes\"]\nagree_on = \"verdict\"\n"), [""; 0]);
    }

    #[test]
    fn a_wait_is_whole_or_has_a_fraction() {
        for (text, expected) in [
            ("0", Some(Duration::ZERO)),
            (" 37 ", Some(Duration::from_secs(37))),
            ("0.25", Some(Duration::from_millis(250))),
            ("99999999999999999999999", Some(Duration::MAX)),
            ("", None),
            ("-1", None),
            ("1.2.3", None),
            (".", None),
            (".5", None),
            ("1e3", None),
            ("inf", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn each_mistake_has_its_key() {
        let settings = OutputSettings {
            answer_at: Some("result".into()),
            error_at: Some("/a~".into()),
            failure_patterns: vec![
                pattern("(", FailureClass::Permanent, None),
                pattern("(a)(?<b>c)", FailureClass::Permanent, Some(CaptureGroup::Name("d".into()))),
                pattern("a", FailureClass::Permanent, Some(CaptureGroup::Number(1))),
                pattern("(a)", FailureClass::Permanent, Some(CaptureGroup::Number(0))),
                pattern("x*", FailureClass::Permanent, None),
                pattern(r"\w{1000}{10}", FailureClass::Permanent, None),
            ],
            ..OutputSettings::default()
        };
        let found = OutputRules::read("google", &settings).unwrap_err();
        let found: Vec<_> = found.iter().map(|one| format!("{}: {}", one.key, one.message)).collect();
        let at = "providers.google";
        let patterns = format!("{at}.failure_patterns");
        assert_eq!(
            found,
            [
                format!("{at}.answer_at: `result` is not a JSON pointer: it does not begin with `/`"),
                format!(
                    "{at}.error_at: `/a~` is not a JSON pointer: a `~` is written `~0`, and a `/` in a name `~1`"
                ),
                format!(
                    "{patterns}[0].pattern: the regular expression is invalid at character 1: unclosed group (`(`)"
                ),
                format!("{patterns}[1].retry_after: the pattern has no group `d`; it has 1, `b`"),
                format!("{patterns}[2].retry_after: the pattern has no group 1; it has none"),
                format!("{patterns}[3].retry_after: the pattern has no group 0; it has 1"),
                format!(
                    "{patterns}[4].pattern: the regular expression matches the empty text, and so every text"
                ),
                format!(
                    "{patterns}[5].pattern: the regular expression is too large: it needs more than 1 MiB when it is compiled"
                ),
            ]
        );
    }
}
