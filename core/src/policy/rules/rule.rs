//! One compiled rule.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{RuleError, RuleMistake};
use super::globs::{GlobError, Globs};
use super::pattern::RulePattern;
use crate::policy::config::{RuleConfig, RuleRegion, RuleSeverity};
use crate::text::PatternError;
use crate::tree::{Key, Severity};

/// The most lines that a match of all patterns may cover.
pub const MAX_WITHIN: u32 = 1000;

/// How many matches a rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) at_least: usize,
    /// `None`: any number.
    pub(crate) at_most: Option<usize>,
}

/// The parts of a file where a match may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Regions {
    pub(crate) code: bool,
    pub(crate) strings: bool,
    pub(crate) comments: bool,
}

/// A rule whose patterns are compiled.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) is_off: bool,
    /// The pattern whose matches are reported; each of several without `all`.
    pub(crate) anchors: Vec<RulePattern>,
    /// The patterns that must match near to it.
    pub(crate) others: Vec<RulePattern>,
    /// The patterns of which one must match near to it; none if empty.
    pub(crate) any: Vec<RulePattern>,
    pub(crate) not: Vec<RulePattern>,
    /// In lines.
    pub(crate) within: usize,
    pub(crate) same_call: bool,
    pub(crate) regions: Regions,
    /// Whether it checks the messages of commits.
    pub(crate) messages: bool,
    pub(crate) tests: bool,
    pub(crate) allowed: Allowed,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
    pub(crate) docs: Option<String>,
    pub(crate) redact: bool,
    paths: Globs,
    exclude: Globs,
}

impl Rule {
    /// Compiles a rule.
    ///
    /// # Errors
    /// Every mistake in it.
    pub(crate) fn compile(name: &str, config: &RuleConfig) -> Result<Self, Vec<RuleError>> {
        Self::read(name, config, RulePattern::check_size)
    }

    /// As [`Rule::compile`], with patterns that are compiled when they are first searched for. One that is too large is no mistake
    /// then.
    pub(crate) fn unchecked(name: &str, config: &RuleConfig) -> Result<Self, Vec<RuleError>> {
        Self::read(name, config, |_| Ok(()))
    }

    fn read(name: &str, config: &RuleConfig, check: PatternCheck) -> Result<Self, Vec<RuleError>> {
        let mut mistakes = Mistakes { rule: name, check, errors: Vec::new() };
        mistakes.check_combination(config);
        let single =
            config.pattern.iter().filter_map(|pattern| mistakes.pattern(Key::of(["pattern"]), pattern));
        let mut all: Vec<RulePattern> = single.collect();
        all.extend(mistakes.patterns("all", &config.all));
        let any = mistakes.patterns("any", &config.any);
        let not = mistakes.patterns("not", &config.not);
        let paths = mistakes.globs("paths", &config.paths);
        let exclude = mistakes.globs("exclude", &config.exclude);
        let (Some(paths), Some(exclude), true) = (paths, exclude, mistakes.errors.is_empty()) else {
            return Err(mistakes.errors);
        };
        let severity = match config.severity {
            RuleSeverity::Error | RuleSeverity::Off => Severity::Error,
            RuleSeverity::Warning => Severity::Warning,
        };
        let has = |region| config.regions.contains(&region);
        let number = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        let others = all.split_off(all.len().min(1));
        let (anchors, any) = if all.is_empty() { (any, Vec::new()) } else { (all, any) };
        Ok(Self {
            name: name.into(),
            is_off: config.severity == RuleSeverity::Off,
            anchors,
            others,
            any,
            not,
            within: number(config.within),
            same_call: config.same_call,
            regions: Regions {
                code: has(RuleRegion::Code),
                strings: has(RuleRegion::Strings),
                comments: has(RuleRegion::Comments),
            },
            messages: has(RuleRegion::Message),
            tests: config.tests,
            allowed: Allowed {
                at_least: config.at_least.map_or(0, number),
                at_most: match (config.at_most, config.at_least) {
                    (None, Some(_)) => None,
                    (at_most, _) => Some(at_most.map_or(0, number)),
                },
            },
            severity,
            message: config.message.clone(),
            fix: config.fix.clone(),
            docs: config.docs.clone(),
            redact: config.redact,
            paths,
            exclude,
        })
    }

    /// Whether the rule checks a file, which may be a test.
    pub(crate) fn looks_at(&self, path: &str, is_test: bool) -> bool {
        self.checks_files()
            && self.paths.is_match(path)
            && !self.exclude.is_match(path)
            && (self.tests || !is_test)
    }

    /// Checks excluded files too.
    pub(crate) fn drop_excludes(&mut self) {
        self.exclude = Globs::none();
    }

    /// Whether it checks files, and not only messages of commits.
    pub(crate) fn checks_files(&self) -> bool {
        let Regions { code, strings, comments } = self.regions;
        code || strings || comments
    }

    /// The patterns that a match consists of.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &RulePattern> {
        self.anchors.iter().chain(&self.others).chain(&self.any)
    }

    /// The groups of patterns of which a match needs one each.
    pub(crate) fn required(&self) -> Vec<Vec<&RulePattern>> {
        let each = self.others.iter().map(|pattern| Vec::from([pattern]));
        let any = (!self.any.is_empty()).then(|| self.any.iter().collect());
        core::iter::once(self.anchors.iter().collect()).chain(each).chain(any).collect()
    }
}

/// Whether a pattern that was parsed is accepted.
type PatternCheck = fn(&RulePattern) -> Result<(), PatternError>;

/// The mistakes of one rule, while it is compiled.
struct Mistakes<'r> {
    rule: &'r str,
    check: PatternCheck,
    errors: Vec<RuleError>,
}

impl Mistakes<'_> {
    fn add(&mut self, member: Key, mistake: RuleMistake) {
        self.errors.push(RuleError { rule: self.rule.into(), member, mistake });
    }

    fn check_combination(&mut self, config: &RuleConfig) {
        if config.pattern.is_none() && config.all.is_empty() && config.any.is_empty() {
            self.add(Key::root(), RuleMistake::NoPattern);
        }
        if config.pattern.is_some() && !config.all.is_empty() {
            self.add(Key::of(["pattern"]), RuleMistake::PatternAndAll);
        }
        if config.within == 0 || config.within > MAX_WITHIN {
            self.add(Key::of(["within"]), RuleMistake::Within);
        }
        if let (Some(at_least), Some(at_most)) = (config.at_least, config.at_most)
            && at_least > at_most
        {
            self.add(Key::of(["at_least"]), RuleMistake::Limits { at_least, at_most });
        }
    }

    fn pattern(&mut self, member: Key, pattern: &str) -> Option<RulePattern> {
        let compiled = RulePattern::new(pattern).and_then(|pattern| (self.check)(&pattern).map(|()| pattern));
        compiled.map_err(|error: PatternError| self.add(member, RuleMistake::Pattern(error))).ok()
    }

    fn patterns(&mut self, list: &str, patterns: &[String]) -> Vec<RulePattern> {
        let numbered = patterns.iter().enumerate();
        numbered
            .filter_map(|(index, pattern)| self.pattern(Key::of([list]).element(index), pattern))
            .collect()
    }

    fn globs(&mut self, list: &str, patterns: &[String]) -> Option<Globs> {
        let globs = Globs::new(patterns);
        let add = |errors: Vec<(usize, GlobError)>| {
            for (index, error) in errors {
                self.add(Key::of([list]).element(index), RuleMistake::Glob(error));
            }
        };
        globs.map_err(add).ok()
    }
}
