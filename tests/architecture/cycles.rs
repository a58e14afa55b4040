//! No two files use each other, directly or through others.
//!
//! There is one exception: the root of a folder (`config/mod.rs`, or `config.rs` beside `config/`) composes the files of the
//! folder, and these may use the items of the root.

use std::collections::{BTreeMap, BTreeSet};

use crate::assert_none;
use crate::imports::{Imports, PACKAGES, imports, imports_of};

/// The folder that a file is the root of.
fn folder(file: &str) -> String {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let folder = ["/lib", "/mod"].iter().find_map(|name| stem.strip_suffix(name)).unwrap_or(stem);
    format!("{folder}/")
}

/// The groups of files that all use each other, with the uses within each group.
fn cycles(imports: &Imports) -> Vec<String> {
    let mut imports = imports.clone();
    for (file, used) in &mut imports {
        used.retain(|used| !used.starts_with(&folder(file)));
    }
    let reached: BTreeMap<_, _> = imports.keys().map(|file| (file, reached(&imports, file))).collect();
    let mut groups = BTreeSet::new();
    for (file, others) in &reached {
        let returns = |other: &&String| reached.get(*other).is_some_and(|reached| reached.contains(file));
        let group: BTreeSet<&String> = others.iter().copied().filter(returns).collect();
        groups.extend((!group.is_empty()).then_some(group));
    }
    let line = |group: &BTreeSet<&String>| {
        let uses = |file: &String| {
            let used = imports[file].iter().filter(|used| group.contains(used)).map(String::as_str);
            format!("{file} uses {}", used.collect::<Vec<_>>().join(", "))
        };
        group.iter().map(|file| uses(file)).collect::<Vec<_>>().join("; ")
    };
    groups.iter().map(line).collect()
}

fn reached<'a>(imports: &'a Imports, file: &'a String) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        next.extend(imports.get(file).into_iter().flatten().filter(|used| found.insert(*used)));
    }
    found
}

/// The imports of a package with these files.
fn example(files: &[(&str, &str)]) -> Imports {
    imports("src/lib.rs", &|name| {
        files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).into())
    })
}

#[test]
fn a_cycle_through_groups_renames_re_exports_and_macros_is_detected() {
    let imports = example(&[
        ("src/lib.rs", "mod tree; mod merge; mod print; mod alone;"),
        ("src/tree/mod.rs", "mod value; pub use value::Value as Tree;"),
        ("src/tree/value.rs", "pub struct Value; pub fn f() { format!(\"{}\", crate::merge::merge()); }"),
        ("src/merge.rs", "use crate::{print::*, alone}; pub fn merge() { alone::f() }"),
        ("src/print.rs", "use super::tree; pub fn print(tree: &tree::Tree) {}"),
        ("src/alone.rs", "pub fn f() {} #[cfg(test)] mod tests { use crate::merge::merge; }"),
    ]);
    assert_eq!(
        cycles(&imports),
        ["src/merge.rs uses src/print.rs; src/print.rs uses src/tree/value.rs; \
          src/tree/value.rs uses src/merge.rs"]
    );
}

#[test]
fn a_root_composes_its_folder_and_two_files_of_the_folder_do_not_use_each_other() {
    let imports = example(&[
        ("src/lib.rs", "mod a; pub fn f() {}"),
        ("src/a/mod.rs", "mod b; mod c; pub struct A; fn f() { b::f(); c::f(); }"),
        ("src/a/b.rs", "use super::{A, c}; pub fn f() { c::f() }"),
        ("src/a/c.rs", "use super::b; pub fn f() { b::f() }"),
    ]);
    assert_eq!(cycles(&imports), ["src/a/b.rs uses src/a/c.rs; src/a/c.rs uses src/a/b.rs"]);
}

#[test]
fn no_two_files_use_each_other() {
    let found = PACKAGES.iter().flat_map(|root| cycles(&imports_of(root))).collect();
    assert_none(found, "move the common part to its own file, or join files of one idea");
}
