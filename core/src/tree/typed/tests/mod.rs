use alloc::string::ToString as _;

use super::*;
use crate::config::source::{Language, parse};
use crate::tree::{LayerKind, Source};

mod outline;
mod places;
mod reading;
mod secrets;
mod whole_numbers;
mod words;
mod writing;

fn toml(text: &str) -> Value {
    let source = Source::document(LayerKind::File, "app.toml", text);
    parse(&source, Language::Toml).unwrap().root().clone()
}

fn json(text: &str) -> Value {
    let source = Source::document(LayerKind::File, "app.json", text);
    parse(&source, Language::Json).unwrap().root().clone()
}

fn origin() -> Origin {
    Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", ""))
}

/// The text of the error of reading the value as a `T`.
fn error_of<T: DeserializeOwned>(value: &Value) -> String {
    from_value::<T>(value).err().unwrap().to_string()
}
