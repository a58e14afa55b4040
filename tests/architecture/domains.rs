//! The allowed dependencies between the domains of a package.

use std::collections::BTreeSet;

use crate::imports::{Imports, PACKAGES, imports_of};
use crate::{assert_none, names};

/// The domains of a package from the lowest to the highest: each uses only itself and the domains of earlier lines. The root
/// composes them all.
struct Package {
    folder: &'static str,
    order: &'static [&'static [&'static str]],
}

const CORE: Package = Package {
    folder: "core/src",
    order: &[
        &["text"],
        &["tree"],
        &["plot"],
        &["retry"],
        &["store"],
        &["config"],
        &["agents", "bench"],
        &["policy", "auth"],
        &["app"],
        &["lib"],
    ],
};

const LIBRARY: Package = Package {
    folder: "shell/lib/src",
    order: &[
        &["os"],
        &["sync"],
        &["instrumentation"],
        &["retry"],
        &["store"],
        &["config"],
        &["commands", "testing"],
        &["agents"],
        &["bench"],
        &["policy", "auth"],
        &["app"],
        &["testing"],
        &["guide"],
        &["lib"],
    ],
};

/// The commands of a domain use the common code of all commands, and no other domain.
const PROGRAM: Package = Package {
    folder: "shell/cli/src",
    order: &[
        &["terminal"],
        &["signals"],
        &["args", "rescue"],
        &["context"],
        &["agents", "app", "auth", "bench", "config", "policy", "retry", "store"],
        &["lib"],
        &["main"],
    ],
};

/// A file with the higher one that it may use.
const EXCEPTIONS: [(&str, &str); 1] = [
    // A lock waits by the clock, and the names of private files are under a lock.
    ("shell/lib/src/os/documents/private.rs", "shell/lib/src/sync/lock.rs"),
];

impl Package {
    /// The domain of a file: its folder below the package's, or its own name where it lies there itself.
    fn domain<'a>(&self, file: &'a str) -> Option<&'a str> {
        let below = file.strip_prefix(self.folder)?.strip_prefix('/')?;
        let first = below.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    fn may_use(&self, domain: &str, used: &str) -> bool {
        let line = |domain| self.order.iter().position(|line| line.contains(&domain));
        domain == used || line(used) < line(domain)
    }

    /// The imports that point upwards or to a neighbour, by file.
    fn upward(&self, imports: &Imports) -> Vec<String> {
        let pairs = imports.iter().flat_map(|(file, used)| used.iter().map(move |used| (file, used)));
        let violation = |(file, used): (&String, &String)| {
            let (domain, other) = (self.domain(file)?, self.domain(used)?);
            (!self.may_use(domain, other))
                .then(|| format!("{file} uses {used}: {domain} may not use {other}"))
        };
        pairs.filter_map(violation).collect()
    }

    /// Domains without a place in the order, and places without a domain.
    fn unlisted(&self, files: &[String]) -> Vec<String> {
        let found = files.iter().filter(|file| file.ends_with(".rs")).filter_map(|file| self.domain(file));
        let found = found.collect::<BTreeSet<_>>();
        let listed = self.order.iter().copied().flatten().copied().collect::<BTreeSet<_>>();
        let new = found.difference(&listed).map(|domain| format!("{}/{domain} has no place", self.folder));
        let gone = listed.difference(&found).map(|domain| format!("{}/{domain} does not exist", self.folder));
        new.chain(gone).collect()
    }
}

/// The suites with one folder for each domain that they test.
const SUITES: [&str; 4] = ["golden", "properties", "shell", "simulation"];

/// Folders of suites without the name of a domain of the core.
fn unknown_folders(files: &[String]) -> Vec<String> {
    let folders = files.iter().filter_map(|file| {
        let (suite, below) = file.strip_prefix("tests/")?.split_once('/')?;
        let (folder, _) = below.split_once('/')?;
        SUITES.contains(&suite).then_some((suite, folder))
    });
    let strange = |&(_, folder): &(&str, &str)| !CORE.order.iter().any(|line| line.contains(&folder));
    let found = folders.filter(strange).collect::<BTreeSet<_>>();
    found.into_iter().map(|(suite, folder)| format!("tests/{suite}/{folder} is not a domain")).collect()
}

#[test]
fn an_import_of_a_higher_or_equal_domain_is_detected() {
    let example = |file: &str, used: &str| Imports::from([(file.into(), BTreeSet::from([used.into()]))]);
    assert_eq!(
        CORE.upward(&example("core/src/tree/key.rs", "core/src/config/merge.rs")),
        ["core/src/tree/key.rs uses core/src/config/merge.rs: tree may not use config"]
    );
    assert_eq!(
        CORE.upward(&example("core/src/policy/config.rs", "core/src/auth/config.rs")),
        ["core/src/policy/config.rs uses core/src/auth/config.rs: policy may not use auth"]
    );
    assert_eq!(
        PROGRAM.upward(&example("shell/cli/src/context.rs", "shell/cli/src/store/mod.rs")),
        ["shell/cli/src/context.rs uses shell/cli/src/store/mod.rs: context may not use store"]
    );
    assert_eq!(CORE.upward(&example("core/src/config/merge.rs", "core/src/config/reload/mod.rs")), [""; 0]);
    assert_eq!(CORE.upward(&example("core/src/lib.rs", "core/src/app/config.rs")), [""; 0]);
}

#[test]
fn an_unordered_domain_is_detected() {
    let mut files = CORE.order.iter().copied().flatten().map(|domain| format!("core/src/{domain}/mod.rs"));
    let mut files = files.by_ref().filter(|file| !file.contains("plot")).collect::<Vec<_>>();
    files.push("core/src/utils.rs".into());
    assert_eq!(CORE.unlisted(&files), ["core/src/utils has no place", "core/src/plot does not exist"]);
}

#[test]
fn a_folder_of_a_suite_that_is_no_domain_is_detected() {
    let files = ["tests/golden/tree/x.rs", "tests/golden/y.rs", "tests/shell/misc/z.rs", "tests/bin/a/b.rs"];
    assert_eq!(unknown_folders(&files.map(String::from)), ["tests/shell/misc is not a domain"]);
}

#[test]
fn a_domain_uses_only_lower_domains() {
    let violations = [CORE, LIBRARY, PROGRAM].iter().zip(PACKAGES).flat_map(|(package, root)| {
        assert_eq!(package.domain(root), Some("lib"));
        package.upward(&imports_of(root))
    });
    let mut violations = violations.collect::<Vec<_>>();
    for (file, used) in EXCEPTIONS {
        let before = violations.len();
        violations.retain(|violation| !violation.starts_with(&format!("{file} uses {used}: ")));
        assert!(violations.len() < before, "{file} no longer uses {used}: remove the exception");
    }
    assert_none(
        violations,
        "move what is used down to the lowest domain that needs it, or pass it in as a value",
    );
}

#[test]
fn every_domain_is_in_the_order() {
    let files = names();
    let violations = [CORE, LIBRARY, PROGRAM].iter().flat_map(|package| package.unlisted(&files)).collect();
    assert_none(violations, "give it a place in the order of its package in tests/architecture/domains.rs");
}

#[test]
fn the_folders_of_a_suite_are_domains() {
    assert_none(unknown_folders(&names()), "a suite has one folder for each domain that it tests");
}
