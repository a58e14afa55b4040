//! The lines of one public item.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Visibility};

/// Takes a path, the line of the item at that path, and the features that it needs.
pub(super) type Add<'a> = &'a mut dyn FnMut(&str, String, &BTreeSet<String>);

/// Adds the lines of an item: itself, and its fields, variants or associated items.
pub(super) fn describe(item: &Item, at: &str, add: Add<'_>) {
    let none = BTreeSet::new();
    match item {
        Item::Struct(item) => {
            add(at, format!("{}pub struct {at}{}", marks(&item.attrs), generics(&item.generics)), &none);
            for (index, field) in item.fields.iter().enumerate() {
                if matches!(field.vis, Visibility::Public(_)) {
                    let name = field.ident.as_ref().map_or(index.to_string(), ToString::to_string);
                    let key = format!("{at}::{name}");
                    add(&key, format!("pub {key}: {}", source(&field.ty)), &none);
                }
            }
        }
        Item::Enum(item) => {
            add(at, format!("{}pub enum {at}{}", marks(&item.attrs), generics(&item.generics)), &none);
            for variant in &item.variants {
                let key = format!("{at}::{}", variant.ident);
                let fields = variant.fields.iter().map(|field| match &field.ident {
                    Some(name) => format!("{name}: {}", source(&field.ty)),
                    None => source(&field.ty),
                });
                let fields = fields.collect::<Vec<_>>().join(", ");
                let line = match variant.fields {
                    Fields::Unit => key.clone(),
                    Fields::Unnamed(_) => format!("{key}({fields})"),
                    Fields::Named(_) => format!("{key} {{ {fields} }}"),
                };
                add(&key, line, &none);
            }
        }
        Item::Trait(item) => {
            let bounds = item.supertraits.iter().map(source).collect::<Vec<_>>().join(" + ");
            let bounds = if bounds.is_empty() { bounds } else { format!(": {bounds}") };
            add(at, format!("pub trait {at}{}{bounds}", generics(&item.generics)), &none);
            for item in &item.items {
                match item {
                    TraitItem::Fn(item) => function(&item.sig, at, &none, add),
                    TraitItem::Const(item) => constant(&item.ident, &item.ty, at, &none, add),
                    TraitItem::Type(item) => {
                        let key = format!("{at}::{}", item.ident);
                        add(&key, format!("pub type {key}"), &none);
                    }
                    _ => {}
                }
            }
        }
        Item::Type(item) => {
            add(at, format!("pub type {at}{} = {}", generics(&item.generics), source(&item.ty)), &none)
        }
        Item::Const(item) => add(at, format!("pub const {at}: {}", source(&item.ty)), &none),
        Item::Static(item) => add(at, format!("pub static {at}: {}", source(&item.ty)), &none),
        Item::Fn(item) => add(at, signature(&item.sig, at), &none),
        _ => {}
    }
}

/// Adds the items of an `impl` block: a trait, or public functions and constants.
pub(super) fn describe_impl(item: &syn::ItemImpl, at: &str, add: Add<'_>) {
    let Some(needed) = features(&item.attrs) else { return };
    if let Some((of, _)) = &item.trait_ {
        let whole = source(&item.self_ty);
        let arguments = whole.find('<').map_or("", |from| &whole[from..]);
        add(at, format!("impl {} for {at}{arguments}", source(of)), &needed);
        return;
    }
    for item in &item.items {
        match item {
            ImplItem::Fn(item) if matches!(item.vis, Visibility::Public(_)) => {
                if let Some(own) = features(&item.attrs) {
                    function(&item.sig, at, &own.union(&needed).cloned().collect(), add);
                }
            }
            ImplItem::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
                constant(&item.ident, &item.ty, at, &needed, add);
            }
            _ => {}
        }
    }
}

fn function(of: &syn::Signature, at: &str, features: &BTreeSet<String>, add: Add<'_>) {
    let key = format!("{at}::{}", of.ident);
    add(&key, signature(of, &key), features);
}

fn constant(name: &syn::Ident, of: &syn::Type, at: &str, features: &BTreeSet<String>, add: Add<'_>) {
    let key = format!("{at}::{name}");
    add(&key, format!("pub const {key}: {}", source(of)), features);
}

fn signature(of: &syn::Signature, at: &str) -> String {
    let text = source(of).replacen(&format!("fn {}", of.ident), &format!("fn {at}"), 1);
    // The binding of an argument is not public.
    format!("pub {}", text.replace("(mut ", "(").replace(", mut ", ", ").trim_end_matches(','))
}

fn generics(of: &syn::Generics) -> String {
    if of.params.is_empty() { String::new() } else { format!("<{}>", source(&of.params)) }
}

/// The derives and `non_exhaustive`.
fn marks(attributes: &[Attribute]) -> String {
    let shown = |attribute: &&Attribute| {
        ["derive", "non_exhaustive"].iter().any(|name| attribute.path().is_ident(name))
    };
    attributes.iter().filter(shown).map(|attribute| source(attribute) + " ").collect()
}

/// The features that an item needs; `None` for an item that is hidden, or only for tests or without a feature.
pub(super) fn features(attributes: &[Attribute]) -> Option<BTreeSet<String>> {
    let mut needed = BTreeSet::new();
    for attribute in attributes {
        let text = source(attribute);
        let is_cfg = attribute.path().is_ident("cfg");
        if text.contains("doc(hidden)") || is_cfg && ["test", "not("].iter().any(|word| text.contains(word)) {
            return None;
        }
        if is_cfg {
            needed.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    Some(needed)
}

/// The text of a part of the source, on one line.
fn source(part: &impl Spanned) -> String {
    let text = part.span().source_text().expect("parsed source has a text");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .replace("( ", "(")
        .replace(", )", ")")
        .replace(" )", ")")
        .replace(",)", ")")
        .replace("< ", "<")
        .replace(", >", ">")
}
