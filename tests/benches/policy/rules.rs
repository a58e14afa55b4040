//! The rules of the bench.

use std::fs;
use std::path::{Path, PathBuf};

/// What each of the three rules finds: a text of one case, one with a common beginning, and one of any case.
const THREE: [(&str, &str); 3] = [
    (r"\b(?:dbg!|breakpoint|debugger_attach)\(", "debugger_attach(&state);"),
    (r"https?://[a-z0-9.-]+\.corp\.example\b", "fetch(\"https://build.corp.example/v1\");"),
    (r"(?i)\bstore_?memory\s*\([^)\n]*\bimportance\b", "storeMemory(text, importance);"),
];

/// Rules by their patterns.
pub(crate) struct RuleSet {
    patterns: Vec<String>,
}

impl RuleSet {
    pub(crate) fn three() -> Self {
        Self { patterns: THREE.map(|(pattern, _)| pattern.to_owned()).to_vec() }
    }

    /// The three, and 997 about functions that are not to be called.
    pub(crate) fn thousand() -> Self {
        let mut rules = Self::three();
        rules.patterns.extend((3..1000).map(|number| match number % 5 {
            0 => format!(r"\b(?:old|legacy)_service_{number}\s*\("),
            1 => format!(r"(?i)\bunsafe_?handle_?{number}\b"),
            2 => format!(r"\bcompat::v[0-9]+::call{number}\("),
            3 => format!(r"\bglobal\.state{number}\s*=[^=]"),
            _ => format!(r"\bdeprecated_call_{number}\("),
        }));
        rules
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(String::as_str)
    }

    /// A line of code that one of the three rules finds.
    pub(crate) fn broken(number: usize) -> &'static str {
        THREE[number % THREE.len()].1
    }

    /// Writes a configuration with these rules and no others.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let mut text = String::new();
        for shipped in ["storage_separation", "tag_schema", "memory_hygiene"] {
            text += &format!("[policy.rules.{shipped}]\nseverity = \"off\"\n");
        }
        for (number, pattern) in self.patterns().enumerate() {
            // Findings are warnings, so that the program succeeds, and tests are searched too, as ripgrep does.
            text += &format!(
                "[policy.rules.rule_{number}]\npattern = '{pattern}'\nin = [\"code\", \"strings\"]\ntests = true\n\
                 severity = \"warning\"\nmessage = \"this is not to be called\"\n"
            );
        }
        let path = folder.join(name);
        fs::write(&path, text).expect("the rules can be written");
        path
    }
}
