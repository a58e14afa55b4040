//! Commands with parameters: `{NAME}` stands for each value in turn.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::tree::nearest::nearest;

/// How many variations there may be.
pub const MAX_VARIATIONS: usize = 1000;

/// A parameter with its values: `threads=1,2,4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    name: String,
    values: Vec<String>,
}

/// A command with a value for each parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variation {
    /// The number of the command, from 0.
    pub template: usize,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The command that prepares each run; empty for none.
    pub prepare: Vec<String>,
    /// The values by the names of the parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Why parameters cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// The text is no name with values.
    #[error(
        "{text:?} is no parameter, expected NAME=VALUE,VALUE,… with letters, digits, `-` and `_` in the name"
    )]
    Form {
        /// The text.
        text: String,
    },
    /// A value is empty or given twice.
    #[error("the value {value:?} of the parameter `{name}` is {problem}")]
    Value {
        /// The name of the parameter.
        name: String,
        /// The value.
        value: String,
        /// `empty` or `repeated`.
        problem: &'static str,
    },
    /// Two parameters have the same name.
    #[error("the parameter `{name}` is given twice; write all its values in one: {name}=VALUE,VALUE,…")]
    Repeated {
        /// The name.
        name: String,
    },
    /// No command contains the parameter.
    #[error("no command contains {{{name}}}{}", .nearest.as_ref().map_or(String::new(), |nearest| format!(", did you mean {{{nearest}}}?")))]
    Unused {
        /// The name of the parameter.
        name: String,
        /// The name in braces that was probably meant.
        nearest: Option<String>,
    },
    /// There are more than [`MAX_VARIATIONS`].
    #[error("the parameters give more than {MAX_VARIATIONS} variations; give fewer values")]
    TooMany,
}

impl FromStr for Parameter {
    type Err = ParameterError;

    fn from_str(text: &str) -> Result<Self, ParameterError> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        let named = text.split_once('=').filter(|(name, _)| is_name(name));
        let (name, list) = named.ok_or_else(|| ParameterError::Form { text: text.into() })?;
        let mut values: Vec<String> = Vec::new();
        for value in list.split(',') {
            let problem = if value.is_empty() {
                "empty"
            } else if values.iter().any(|other| other == value) {
                "repeated"
            } else {
                values.push(value.into());
                continue;
            };
            return Err(ParameterError::Value { name: name.into(), value: value.into(), problem });
        }
        Ok(Self { name: name.into(), values })
    }
}

/// Every command with every combination of values, in the order of the values, the last parameter fastest; for each combination
/// the commands in their order. The same values go into the command `prepare`. A name in braces without a parameter stays as it is.
///
/// # Errors
/// A [`ParameterError`] if a name is given twice, if no command contains a parameter, and for more than [`MAX_VARIATIONS`].
pub fn variations(
    commands: &[Vec<String>],
    prepare: &[String],
    parameters: &[Parameter],
) -> Result<Vec<Variation>, ParameterError> {
    for (place, parameter) in parameters.iter().enumerate() {
        if parameters.iter().skip(place + 1).any(|other| other.name == parameter.name) {
            return Err(ParameterError::Repeated { name: parameter.name.clone() });
        }
        let braced = format!("{{{}}}", parameter.name);
        let all_words = || commands.iter().flatten().chain(prepare);
        if !all_words().any(|word| word.contains(&braced)) {
            let words = all_words().flat_map(|word| word.split('{').skip(1));
            let names = words.filter_map(|rest| Some(rest.split_once('}')?.0));
            let nearest = nearest(&parameter.name, names).map(String::from);
            return Err(ParameterError::Unused { name: parameter.name.clone(), nearest });
        }
    }
    let sizes = parameters.iter().map(|parameter| parameter.values.len());
    let count = sizes.chain([commands.len()]).try_fold(1_usize, usize::checked_mul);
    if count.is_none_or(|count| count > MAX_VARIATIONS) {
        return Err(ParameterError::TooMany);
    }
    let mut combinations = Vec::from([BTreeMap::new()]);
    for parameter in parameters {
        let with_each = |known: &BTreeMap<String, String>| {
            let known = known.clone();
            parameter.values.iter().map(move |value| {
                let mut more = known.clone();
                more.insert(parameter.name.clone(), value.clone());
                more
            })
        };
        combinations = combinations.iter().flat_map(with_each).collect();
    }
    let of_combination = |parameters: &BTreeMap<String, String>| {
        let commands = commands.iter().enumerate();
        let all_filled =
            |words: &[String]| words.iter().map(|word| filled(word, parameters)).collect::<Vec<_>>();
        let with_values = |(template, command): (usize, &Vec<String>)| Variation {
            template,
            command: all_filled(command),
            prepare: all_filled(prepare),
            parameters: parameters.clone(),
        };
        commands.map(with_values).collect::<Vec<_>>()
    };
    Ok(combinations.iter().flat_map(of_combination).collect())
}

/// The word with the values in place of their names in braces; values are not searched again.
fn filled(word: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| Some((parameters.get(name)?, after)));
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use alloc::vec;

    fn commands(lines: &[&str]) -> Vec<Vec<String>> {
        lines.iter().map(|line| line.split(' ').map(String::from).collect()).collect()
    }

    fn expanded(lines: &[&str], parameters: &[&str]) -> Result<Vec<String>, ParameterError> {
        let parameters = parameters.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let variations = variations(&commands(lines), &[], &parameters)?;
        Ok(variations.iter().map(|variation| variation.command.join(" ")).collect())
    }

    #[test]
    fn every_combination_is_a_variation() {
        assert_eq!(
            expanded(&["a {x}{y}", "b"], &["x=1,2", "y=p,q"]).unwrap(),
            ["a 1p", "b", "a 1q", "b", "a 2p", "b", "a 2q", "b",]
        );
        assert_eq!(expanded(&["a {x}"], &[]).unwrap(), ["a {x}"]);
    }

    #[test]
    fn the_command_that_prepares_has_the_same_values() {
        let prepare = ["checkout".into(), "{rev}".into()];
        let variations = variations(&commands(&["a"]), &prepare, &["rev=x,y".parse().unwrap()]).unwrap();
        let prepared = variations.iter().map(|variation| variation.prepare.join(" "));
        assert_eq!(prepared.collect::<Vec<_>>(), ["checkout x", "checkout y"]);
    }

    #[test]
    fn other_braces_and_values_with_braces_stay() {
        assert_eq!(
            expanded(&["awk {print} {{x}} {", "{y}"], &["x={y},}", "y=1"]).unwrap()[..2],
            ["awk {print} {{y}} {", "1"]
        );
    }

    #[test]
    fn a_mistake_has_a_reason() {
        let many = format!("x={}", (0..1001).map(|value| value.to_string()).collect::<Vec<_>>().join(","));
        for (command, parameters, reason) in [
            (
                "a",
                vec!["x"],
                "\"x\" is no parameter, expected NAME=VALUE,VALUE,… with letters, digits, `-` and `_` in the name",
            ),
            (
                "a",
                vec!["=1"],
                "\"=1\" is no parameter, expected NAME=VALUE,VALUE,… with letters, digits, `-` and `_` in the name",
            ),
            ("a", vec!["x="], "the value \"\" of the parameter `x` is empty"),
            ("a", vec!["x=1,,2"], "the value \"\" of the parameter `x` is empty"),
            ("a", vec!["x=1,2,1"], "the value \"1\" of the parameter `x` is repeated"),
            (
                "a {x}",
                vec!["x=1", "x=2"],
                "the parameter `x` is given twice; write all its values in one: x=VALUE,VALUE,…",
            ),
            ("a {thread}", vec!["threads=1"], "no command contains {threads}, did you mean {thread}?"),
            ("a", vec!["threads=1"], "no command contains {threads}"),
            (
                "a {x}",
                vec![many.as_str()],
                "the parameters give more than 1000 variations; give fewer values",
            ),
        ] {
            assert_eq!(expanded(&[command], &parameters).unwrap_err().to_string(), reason);
        }
    }
}
