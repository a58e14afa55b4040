//! The uses between the files of a package: every path in the code, resolved through imports and re-exports to the file that
//! defines the name.
//!
//! Code under `#[cfg(test)]` is left out. An `impl` in another file and the call of a method import nothing, and a module
//! that is only named (`use crate::os;`) is imported where something of it is used (`os::clock::now()`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItem, Item, Macro, Meta, UseTree};

use speckit_tests::workspace;

/// The names of a path.
type Path = Vec<String>;

/// The files that each file uses, without itself.
pub(crate) type Imports = BTreeMap<String, BTreeSet<String>>;

/// The roots of the checked packages.
pub(crate) const PACKAGES: [&str; 3] = ["core/src/lib.rs", "shell/lib/src/lib.rs", "shell/cli/src/lib.rs"];

/// The imports of a package of the workspace, read once.
pub(crate) fn imports_of(root: &str) -> Arc<Imports> {
    static KNOWN: Mutex<BTreeMap<String, Arc<Imports>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let read = || imports(root, &|name| std::fs::read_to_string(workspace().join(name)).ok());
    known.entry(root.into()).or_insert_with(|| read().into()).clone()
}

/// The imports among the files that can be reached from `root` by `mod` declarations. `read` has no text for a file that
/// does not exist.
pub(crate) fn imports(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Imports {
    let mut modules = Modules::default();
    modules.read_file(&[], root, read);
    let mut imports = Imports::new();
    for (path, module) in &modules.0 {
        for (file, used) in &module.uses {
            let found = modules.files(path, used, 0);
            imports.entry(file.clone()).or_default().extend(found.into_iter().filter(|found| found != file));
        }
    }
    imports
}

/// The modules of a package by their paths; the root has an empty one.
#[derive(Default)]
struct Modules(BTreeMap<Path, Module>);

#[derive(Default)]
struct Module {
    names: BTreeMap<String, Vec<ModuleName>>,
    globs: Vec<Path>,
    /// Every path in the code of the module, with its file.
    uses: Vec<(String, Path)>,
}

#[derive(Clone)]
enum ModuleName {
    /// Defined in this file.
    Item(String),
    Module(Path),
    /// Imported by `use`, with the path as it is written.
    Import(Path),
}

/// A longer chain of re-exports is endless.
const MAX_CHAIN: u32 = 32;

impl Modules {
    fn read_file(&mut self, path: &[String], file: &str, read: &dyn Fn(&str) -> Option<String>) {
        let text = read(file).unwrap_or_else(|| panic!("{file} is missing"));
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let stem = file.strip_suffix(".rs").unwrap_or(file);
        let is_folder = ["lib", "main", "mod"].iter().any(|name| stem.ends_with(&format!("/{name}")));
        let folder = if is_folder { stem.rsplit_once('/').map_or("", |(folder, _)| folder) } else { stem };
        self.read_items(path, file, folder, &syntax.items, read);
    }

    /// Reads the items of a file or an inline module, whose own modules lie in `folder`.
    fn read_items(
        &mut self,
        path: &[String],
        file: &str,
        folder: &str,
        items: &[Item],
        read: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut reader = ModuleReader { file, module: Module::default(), children: Vec::new() };
        items.iter().for_each(|item| reader.visit_item(item));
        let ModuleReader { mut module, children, .. } = reader;
        for (name, inline) in children {
            let child = [path, std::slice::from_ref(&name)].concat();
            module.names.entry(name.clone()).or_default().push(ModuleName::Module(child.clone()));
            let below = format!("{folder}/{name}");
            match inline {
                Some(items) => self.read_items(&child, file, &below, items, read),
                None => {
                    let alone = format!("{below}.rs");
                    let file = if read(&alone).is_some() { alone } else { format!("{below}/mod.rs") };
                    self.read_file(&child, &file, read);
                }
            }
        }
        // A module may stand twice, for two platforms.
        let known = self.0.entry(path.to_vec()).or_default();
        module.names.into_iter().for_each(|(name, found)| known.names.entry(name).or_default().extend(found));
        known.globs.extend(module.globs);
        known.uses.extend(module.uses);
    }

    /// The files that define what a path means in a module; none for another package, a module or a local name.
    fn files(&self, module: &[String], path: &[String], depth: u32) -> BTreeSet<String> {
        let mut at = module;
        let mut rest = path;
        while let Some((first, behind)) = rest.split_first() {
            at = match first.as_str() {
                "crate" => &[],
                "self" => at,
                "super" => at.split_last().map_or(&[], |(_, parent)| parent),
                _ => break,
            };
            rest = behind;
        }
        self.files_below(at, rest, depth)
    }

    fn files_below(&self, module: &[String], path: &[String], depth: u32) -> BTreeSet<String> {
        let (Some((first, rest)), Some(known)) = (path.split_first(), self.0.get(module)) else {
            return BTreeSet::new();
        };
        assert!(depth < MAX_CHAIN, "{path:?} in {module:?} is followed without an end");
        if first == "*" {
            let names = known
                .names
                .keys()
                .map(|name| self.files_below(module, std::slice::from_ref(name), depth + 1));
            return names.flatten().collect();
        }
        let found = |name: &ModuleName| match name {
            ModuleName::Item(file) => BTreeSet::from([file.clone()]),
            ModuleName::Module(child) => self.files_below(child, rest, depth + 1),
            // `use merge::merge` begins in the module of that name, and `use toml::toml` in another package.
            ModuleName::Import(target) if target.first() == Some(first) => {
                let path = [&target[1..], rest].concat();
                let children = known.names[first].iter();
                let children = children
                    .filter_map(|name| if let ModuleName::Module(child) = name { Some(child) } else { None });
                children.flat_map(|child| self.files_below(child, &path, depth + 1)).collect()
            }
            ModuleName::Import(target) => self.files(module, &[target, rest].concat(), depth + 1),
        };
        match known.names.get(first) {
            Some(names) => names.iter().flat_map(found).collect(),
            None => {
                let targets = known.globs.iter().filter(|glob| glob.first() != Some(first));
                targets.flat_map(|glob| self.files(module, &[glob, path].concat(), depth + 1)).collect()
            }
        }
    }
}

/// Collects the names and paths of one module.
struct ModuleReader<'a> {
    file: &'a str,
    module: Module,
    /// The modules declared here, with their items where they stand in the same file.
    children: Vec<(String, Option<&'a [Item]>)>,
}

impl ModuleReader<'_> {
    fn read_use(&mut self, before: &[String], tree: &UseTree) {
        let joined = |name: &Ident| [before, &[name.unraw().to_string()]].concat();
        let (target, name) = match tree {
            UseTree::Path(path) => return self.read_use(&joined(&path.ident), &path.tree),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.read_use(before, tree)),
            UseTree::Glob(_) => {
                self.module.globs.push(before.to_vec());
                let everything = [before, &["*".into()]].concat();
                return self.module.uses.push((self.file.into(), everything));
            }
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (joined(&name.ident), Some(name.ident.unraw().to_string())),
            UseTree::Rename(renamed) => (joined(&renamed.ident), Some(renamed.rename.unraw().to_string())),
        };
        self.module.uses.push((self.file.into(), target.clone()));
        self.module.names.entry(name.unwrap_or_default()).or_default().push(ModuleName::Import(target));
    }

    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.use_path(std::mem::take(&mut path));
                    }
                    path.push(name.unraw().to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.use_path(std::mem::take(&mut path));
                    if let TokenTree::Group(group) = other {
                        self.read_tokens(group.stream());
                    }
                }
            }
        }
        self.use_path(path);
    }

    /// A single name was brought in by a `use`, which is counted already, or is at home here.
    fn use_path(&mut self, path: Path) {
        if path.len() > 1 {
            self.module.uses.push((self.file.into(), path));
        }
    }
}

impl<'ast> Visit<'ast> for ModuleReader<'ast> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = head(item);
        if attributes.iter().any(is_for_tests) {
            return;
        }
        match item {
            Item::Use(item) => self.read_use(&[], &item.tree),
            Item::Mod(item) => {
                let items = item.content.as_ref().map(|(_, items)| items.as_slice());
                self.children.push((item.ident.unraw().to_string(), items));
            }
            _ => {
                if let Some(name) = name {
                    let names = self.module.names.entry(name.unraw().to_string()).or_default();
                    names.push(ModuleName::Item(self.file.into()));
                }
                visit::visit_item(self, item);
            }
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.use_path(path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.read_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

fn head(item: &Item) -> (&[Attribute], Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

/// `#[cfg(test)]` and `#[cfg(all(test, …))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all (test ,"))
}
