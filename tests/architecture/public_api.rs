//! The public interface of the two libraries as accepted texts, so that a review shows each change.
//!
//! A line is one public item, at its longest public path; at a shorter one it is a `pub use`. Items from macros and with
//! `#[doc(hidden)]` are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use speckit_tests::{golden, workspace};
use syn::{Attribute, Item, UseTree, Visibility};

mod item_lines;

use item_lines::{describe, describe_impl, features};

#[test]
fn the_interface_of_the_core_is_accepted() {
    golden!("api", "speckit-core", interface(&workspace().join("core/src/lib.rs")));
}

#[test]
fn the_interface_of_the_library_is_accepted() {
    golden!("api", "speckit", interface(&workspace().join("shell/lib/src/lib.rs")));
}

#[test]
fn only_public_items_are_listed() {
    let root = "
        mod inner {
            #[derive(Clone, Debug)]
            pub struct Shown<T> { pub field: T, hidden: u8 }
            impl<T> Shown<T> { pub fn of(field: T) -> Self { panic() } fn own(&self) {} }
            impl<T> Drop for Shown<T> { fn drop(&mut self) {} }
            impl<T> Own for Shown<T> {}
            pub trait Own {}
            pub struct Unseen;
        }
        #[cfg(feature = \"more\")]
        pub mod outer {
            pub use super::inner::Shown as Renamed;
            pub(crate) fn own() {}
            #[doc(hidden)] pub fn hidden() {}
            #[cfg(not(feature = \"more\"))] pub fn absent() {}
        }
        pub use outer::Renamed;
        pub use serde::Serialize;
        #[non_exhaustive] pub enum Choice { One, Two(u8), Three { of: u8 } }
        pub trait Verb { const N: u8; fn act(&self) -> u8; }
    ";
    let mut modules = BTreeMap::new();
    add_module(&mut modules, Vec::new(), syn::parse_str::<syn::File>(root).unwrap().items, None);
    let expected = "
#[non_exhaustive] pub enum Choice
Choice::One
Choice::Three { of: u8 }
Choice::Two(u8)
pub use outer::Renamed
pub use serde::Serialize
pub trait Verb
pub const Verb::N: u8
pub fn Verb::act(&self) -> u8
pub mod outer [more]
#[derive(Clone, Debug)] pub struct outer::Renamed<T> [more]
impl Drop for outer::Renamed<T> [more]
pub outer::Renamed::field: T [more]
pub fn outer::Renamed::of(field: T) -> Self [more]
";
    assert_eq!(listing(modules), expected.trim_start());
}

/// The interface of the library with this root: one item on each line, sorted by path.
fn interface(root: &Path) -> String {
    let mut modules = BTreeMap::new();
    let folder = root.parent().unwrap();
    add_module(&mut modules, Vec::new(), items(root), Some(folder));
    listing(modules)
}

type ModulePath = Vec<String>;

/// The items of a module, by its path from the root.
type ModuleItems = BTreeMap<ModulePath, Vec<Item>>;

fn items(file: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items
}

/// Adds a module and its submodules, whose files are in `folder`.
fn add_module(modules: &mut ModuleItems, path: ModulePath, items_here: Vec<Item>, folder: Option<&Path>) {
    for item in &items_here {
        let Item::Mod(module) = item else { continue };
        if features(&module.attrs).is_none() {
            continue;
        }
        let name = module.ident.to_string();
        let folder = folder.map(|folder| folder.join(&name));
        let below = match (&module.content, &folder) {
            (Some((_, items)), _) => items.clone(),
            (None, Some(folder)) => {
                let file = folder.with_extension("rs");
                items(if file.is_file() { file } else { folder.join("mod.rs") }.as_path())
            }
            (None, None) => continue,
        };
        let path = path.iter().cloned().chain([name]).collect();
        add_module(modules, path, below, folder.as_deref());
    }
    modules.insert(path, items_here);
}

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ExportTarget {
    Module(ModulePath),
    /// An item by its module and its name.
    Item(ModulePath, String),
    /// An item of another crate.
    Foreign(ModulePath),
}

/// The imports of a module: the path and the name it has here. A glob has the name `*`.
fn imports(tree: &UseTree, path: &mut ModulePath, found: &mut Vec<(ModulePath, String)>) {
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            imports(&step.tree, path, found);
            path.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| imports(tree, path, found)),
        UseTree::Name(name) if name.ident == "self" => {
            found.push((path.clone(), path.last().unwrap().clone()))
        }
        UseTree::Name(name) => add_import(path, &name.ident, name.ident.to_string(), found),
        UseTree::Rename(name) => add_import(path, &name.ident, name.rename.to_string(), found),
        UseTree::Glob(_) => found.push((path.clone(), "*".into())),
    }
}

fn add_import(path: &[String], last: &syn::Ident, name: String, found: &mut Vec<(ModulePath, String)>) {
    found.push((path.iter().cloned().chain([last.to_string()]).collect(), name));
}

fn imports_of(item: &syn::ItemUse) -> Vec<(ModulePath, String)> {
    let mut found = Vec::new();
    imports(&item.tree, &mut Vec::new(), &mut found);
    found
}

/// The visibility, the attributes and the name of an item; modules and imports have none here.
fn head(item: &Item) -> Option<(&Visibility, &[Attribute], Option<&syn::Ident>)> {
    Some(match item {
        Item::Mod(item) => (&item.vis, &item.attrs, None),
        Item::Use(item) => (&item.vis, &item.attrs, None),
        Item::Struct(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Const(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Static(item) => (&item.vis, &item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.vis, &item.attrs, Some(&item.sig.ident)),
        _ => return None,
    })
}

fn name_of(item: &Item) -> Option<String> {
    head(item)?.2.map(ToString::to_string)
}

/// Resolves a path of a module.
fn resolve(modules: &ModuleItems, module: &ModulePath, path: &[String], depth: u8) -> ExportTarget {
    let elsewhere = || ExportTarget::Foreign(path.to_vec());
    let (first, rest) = path.split_first().unwrap();
    let start = match first.as_str() {
        "crate" => Some(ExportTarget::Module(Vec::new())),
        "self" => Some(ExportTarget::Module(module.clone())),
        "super" => Some(ExportTarget::Module(module[..module.len() - 1].to_vec())),
        name => look_up(modules, module, name, depth),
    };
    let end = rest.iter().try_fold(start, |at, name| match at {
        Some(ExportTarget::Module(at)) if name == "super" => {
            Some(Some(ExportTarget::Module(at[..at.len() - 1].to_vec())))
        }
        Some(ExportTarget::Module(at)) => Some(look_up(modules, &at, name, depth)),
        Some(ExportTarget::Foreign(path)) => {
            Some(Some(ExportTarget::Foreign(path.into_iter().chain([name.clone()]).collect())))
        }
        at => Some(at),
    });
    end.flatten().unwrap_or_else(elsewhere)
}

/// Resolves a name in a module. The depth limits imports of an item with the name of its crate.
fn look_up(modules: &ModuleItems, module: &ModulePath, name: &str, depth: u8) -> Option<ExportTarget> {
    let items = modules.get(module).filter(|_| depth < 8)?;
    let below: ModulePath = module.iter().cloned().chain([name.to_owned()]).collect();
    if modules.contains_key(&below) {
        return Some(ExportTarget::Module(below));
    }
    if items.iter().any(|item| name_of(item).as_deref() == Some(name)) {
        return Some(ExportTarget::Item(module.clone(), name.to_owned()));
    }
    let imports = items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(imports_of(item)),
        _ => None,
    });
    imports.flatten().find_map(|(path, alias)| match alias.as_str() {
        "*" => match resolve(modules, module, &path, depth + 1) {
            ExportTarget::Module(other) if other != *module => look_up(modules, &other, name, depth + 1),
            _ => None,
        },
        alias if alias == name => Some(resolve(modules, module, &path, depth + 1)),
        _ => None,
    })
}

/// The public paths with their targets and the features that they need.
type Exports = BTreeMap<ModulePath, (ExportTarget, BTreeSet<String>)>;

/// Adds the public items of a module with the public path `at`.
fn export(
    modules: &ModuleItems,
    module: &ModulePath,
    at: &ModulePath,
    needed: &BTreeSet<String>,
    exports: &mut Exports,
) {
    for item in &modules[module] {
        let Some((Visibility::Public(_), attributes, _)) = head(item) else { continue };
        let Some(mut features) = features(attributes) else { continue };
        features.extend(needed.iter().cloned());
        let named = match item {
            Item::Use(item) => imports_of(item),
            Item::Mod(item) => vec![(vec!["self".into(), item.ident.to_string()], item.ident.to_string())],
            item => name_of(item).map(|name| (vec!["self".into(), name.clone()], name)).into_iter().collect(),
        };
        for (path, name) in named {
            let target = resolve(modules, module, &path, 0);
            let at: ModulePath = at.iter().cloned().chain([name]).collect();
            if let ExportTarget::Module(below) = &target {
                export(modules, below, &at, &features, exports);
            }
            exports.insert(at, (target, features.clone()));
        }
    }
}

fn listing(modules: ModuleItems) -> String {
    let mut exports = Exports::new();
    export(&modules, &Vec::new(), &Vec::new(), &BTreeSet::new(), &mut exports);
    let mut longest: BTreeMap<&ExportTarget, &ModulePath> = BTreeMap::new();
    for (path, (target, _)) in &exports {
        let at = longest.entry(target).or_insert(path);
        if path.len() > at.len() {
            *at = path;
        }
    }
    let impls = impls(&modules, &longest);
    // The path, and the line without its features.
    let mut lines: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, (target, needed)) in &exports {
        let at = path.join("::");
        let mut add = |key: &str, line: String, features: &BTreeSet<String>| {
            let all = features.union(needed).cloned().collect::<Vec<_>>().join(", ");
            let needs = if all.is_empty() { String::new() } else { format!(" [{all}]") };
            lines.insert((key.to_owned(), line + &needs));
        };
        let none = BTreeSet::new();
        match target {
            ExportTarget::Foreign(other) => {
                add(&at, format!("pub use {}{}", other.join("::"), alias(other, path)), &none)
            }
            target if longest[target] != path => {
                let other = longest[target];
                add(&at, format!("pub use {}{}", other.join("::"), alias(other, path)), &none);
            }
            ExportTarget::Module(_) => add(&at, format!("pub mod {at}"), &none),
            ExportTarget::Item(module, name) => {
                let named = |item: &&Item| name_of(item).as_ref() == Some(name);
                for item in modules[module].iter().filter(named) {
                    describe(item, &at, &mut add);
                }
                for item in impls.get(target).into_iter().flatten() {
                    describe_impl(item, &at, &mut add);
                }
            }
        }
    }
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

fn alias(target: &[String], path: &[String]) -> String {
    match path.last() {
        name if name == target.last() => String::new(),
        name => format!(" as {}", name.unwrap()),
    }
}

/// The `impl` blocks of each type, without those of private traits.
fn impls<'m>(
    modules: &'m ModuleItems,
    public: &BTreeMap<&ExportTarget, &ModulePath>,
) -> BTreeMap<ExportTarget, Vec<&'m syn::ItemImpl>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (module, items) in modules {
        for item in items {
            let Item::Impl(item) = item else { continue };
            let syn::Type::Path(of) = &*item.self_ty else { continue };
            let target = |path: &syn::Path| {
                let names: ModulePath = path.segments.iter().map(|step| step.ident.to_string()).collect();
                resolve(modules, module, &names, 0)
            };
            let is_private =
                |of: &ExportTarget| matches!(of, ExportTarget::Item(..)) && !public.contains_key(of);
            if !item.trait_.as_ref().is_some_and(|(of, _)| is_private(&target(of))) {
                found.entry(target(&of.path)).or_default().push(item);
            }
        }
    }
    found
}
