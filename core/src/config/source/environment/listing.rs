//! The list of variables as text.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Environment, EnvironmentNames, FreeNames};
use crate::text::columns;

/// Every variable with its key, its type and whether it is set, and below the rule for names that nothing lists. Without names, no
/// variable sets a key.
///
/// ```
/// use speckit_core::config::source::{Environment, EnvironmentNames, listing};
/// let names = EnvironmentNames::new("APP", &[], None, None);
/// assert_eq!(listing(None, &Environment::default()), "no variable sets a key\n");
/// assert_eq!(listing(Some(&names), &Environment::default()), "VARIABLE  KEY  TYPE  SET\n");
/// ```
pub fn listing(names: Option<&EnvironmentNames<'_>>, environment: &Environment) -> String {
    let Some(names) = names else { return "no variable sets a key\n".into() };
    let rows = names.table(environment).into_iter().map(|row| {
        let set = if row.set { "set" } else { "" };
        [row.variable, row.key.to_string(), row.types.to_string(), set.to_string()]
    });
    let table = columns(&["VARIABLE", "KEY", "TYPE", "SET"], &rows.collect::<Vec<_>>());
    let free = names.free_names();
    if free.is_empty() { table } else { format!("{table}\n{}", free_names(&free)) }
}

/// The rule for the names that no schema and no type lists.
fn free_names(maps: &[FreeNames]) -> String {
    let rows: Vec<[String; 3]> = maps
        .iter()
        .map(|map| {
            let (name, capitals) = if map.keeps_case { ("NAME", "kept") } else { ("name", "become small") };
            [map.variable.clone() + "NAME", map.table.child(name).to_string(), capitals.to_string()]
        })
        .collect();
    let table = columns(&["FREE NAME", "KEY", "CAPITALS"], &rows);
    format!("{table}a name with a small letter stays as it is\n")
}
