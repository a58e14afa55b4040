//! The file of counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The counts of the hot paths, and what they depend on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    /// The versions of rustc and valgrind, the target and the profile, by name.
    pub(crate) environment: BTreeMap<String, String>,
    /// The instructions of one call of each hot path, by its name.
    pub(crate) instructions: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn of_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from("# Written by `.ci/run counts --accept`.\n\n[environment]\n");
        for (name, value) in &self.environment {
            writeln!(text, "{name} = {value:?}").expect("writing to a string cannot fail");
        }
        text.push_str("\n[instructions]\n");
        for (name, count) in &self.instructions {
            writeln!(text, "{name} = {count}").expect("writing to a string cannot fail");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_were_written() {
        let counts = Counts {
            environment: BTreeMap::from([("profile".into(), "lto = \"thin\"".into())]),
            instructions: BTreeMap::from([("merge".into(), 1_234), ("parse_toml".into(), 5_678)]),
        };
        assert_eq!(Counts::of_toml(&counts.to_toml()), Ok(counts));
    }
}
