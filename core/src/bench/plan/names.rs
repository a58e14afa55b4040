//! The names of benchmarks.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Variation;
use crate::text::command_line;

/// The names of the benchmarks of these variations: each is there once.
///
/// A benchmark is named by the given name of its command, else by the command line or by the script of `sh -c`, with the values of the
/// parameters. `given` has the names of the first commands.
///
/// ```
/// use speckit_core::bench::plan::{benchmark_names, variations};
/// let command = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
/// let commands = [command("sort -S {size} a"), command("sort a"), command("sort a")];
/// let variations = variations(&commands, &[], &["size=1k,1m".parse()?])?;
/// assert_eq!(
///     benchmark_names(&variations, &["buffer".into()])[..3],
///     ["buffer (size=1k)", "sort a (size=1k)", "sort a (size=1k) (2)"]
/// );
/// assert_eq!(benchmark_names(&variations, &[])[3], "sort -S 1m a (size=1m)");
/// # Ok::<(), speckit_core::bench::plan::ParameterError>(())
/// ```
pub fn benchmark_names(variations: &[Variation], given: &[String]) -> Vec<String> {
    let names = variations.iter().map(|variation| {
        let base = given.get(variation.template).cloned().unwrap_or_else(|| title(&variation.command));
        let values = variation.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        match values.collect::<Vec<_>>().join(", ") {
            values if values.is_empty() => base,
            values => format!("{base} ({values})"),
        }
    });
    unique(names)
}

fn title(command: &[String]) -> String {
    match command {
        [shell, option, script] if shell == "sh" && option == "-c" => script.clone(),
        words => command_line(words),
    }
}

/// The names, each repeated one with a number.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    let unique = names.map(|name| {
        let mut unique = name.clone();
        for number in 2_u64.. {
            if known.insert(unique.clone()) {
                break;
            }
            unique = format!("{name} ({number})");
        }
        unique
    });
    unique.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_by_its_text_and_repeated_names_have_a_number() {
        let words = |words: &[&str]| words.iter().map(|word| String::from(*word)).collect::<Vec<_>>();
        assert_eq!(title(&words(&["sh", "-c", "a | b"])), "a | b");
        assert_eq!(title(&words(&["sh", "-x", "a b"])), "sh -x 'a b'");
        let names = ["a", "b", "a", "a (2)", "a"].map(String::from);
        assert_eq!(unique(names.into_iter()), ["a", "b", "a (2)", "a (2) (2)", "a (3)"]);
    }
}
