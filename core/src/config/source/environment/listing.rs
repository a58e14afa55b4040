//! The list of variables as text.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::names::Meaning;
use super::{Environment, EnvironmentNames, FreeNames};
use crate::text::columns;

/// Every variable with its key, its type and whether it is set, and below the rule for names that nothing lists, and for variables
/// of secret files and of items. Without names, no variable sets a key.
///
/// ```
/// use speckit_core::config::source::{Environment, EnvironmentNames, listing};
/// let names = EnvironmentNames::new("APP", &[], None, None);
/// assert_eq!(listing(None, &Environment::default()), "no variable sets a key\n");
/// assert_eq!(listing(Some(&names), &Environment::default()), "VARIABLE  KEY  TYPE  SET\n");
/// ```
pub fn listing(names: Option<&EnvironmentNames<'_>>, environment: &Environment) -> String {
    let Some(names) = names else { return "no variable sets a key\n".into() };
    let (mut secret_files, mut first_item) = (Vec::new(), None);
    let rows = names.table(environment).into_iter().map(|row| {
        let (file, item) = (format!("{}_FILE", row.variable), format!("{}__0", row.variable));
        let is_secret = matches!(names.meaning(&file), Meaning::SecretFile(_));
        let set = match row.set {
            true => "set",
            false if is_secret && environment.is_set(&file) => "_FILE",
            false => "",
        };
        secret_files.extend(is_secret.then_some(file));
        if first_item.is_none()
            && matches!(names.meaning(&item), Meaning::Key(key) if key == row.key.element(0))
        {
            first_item = Some(item);
        }
        [row.variable, row.key.to_string(), row.types.to_string(), set.to_string()]
    });
    let mut text = columns(&["VARIABLE", "KEY", "TYPE", "SET"], &rows.collect::<Vec<_>>());
    let mut add = |part: &str| text.push_str(&format!("\n{part}"));
    let free = names.free_names();
    if !free.is_empty() {
        add(&free_names(&free));
    }
    if !secret_files.is_empty() {
        add(&format!("the path of a file with the secret: {}\n", secret_files.join(", ")));
    }
    if let Some(item) = first_item {
        add(&format!("an item of a list, by its number: such as {item}\n"));
    }
    text
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
