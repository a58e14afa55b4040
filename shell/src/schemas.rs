//! Schema files with the documents that they refer to: read from folders that were named, never fetched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use speckit_core::schema::{Documents, Schema};
use speckit_core::source::{Language, parse};
use speckit_core::{Diagnostic, LayerKind, Source, Value};

use crate::documents::{absolute, read_source};

/// Where the documents of a URL prefix are: `--schema-map URL-PREFIX=DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaMap {
    /// What an address begins with.
    pub prefix: String,
    /// The folder that holds the rest of the address as a path.
    pub folder: PathBuf,
}

impl std::str::FromStr for SchemaMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((prefix, folder)) if !prefix.is_empty() && !folder.is_empty() => {
                Ok(Self { prefix: prefix.into(), folder: folder.into() })
            }
            _ => Err("expected URL-PREFIX=DIR".into()),
        }
    }
}

/// Compiles a schema from its text, without further documents.
///
/// # Errors
/// Every mistake of the schema.
pub fn compile_text(name: &str, text: &str) -> Result<Schema, Vec<Diagnostic>> {
    Schema::compile(&Documents::new(name, &parse_schema(&Source::document(LayerKind::Defaults, name, text))?))
}

/// Reads and compiles the schema file at `path`. References to neighbouring files and to URLs of `maps` are
/// read too; those that are not found stay unresolved, which the schema's compilation reports.
///
/// # Errors
/// `file/…` when the schema cannot be read, else every mistake of the schema.
pub fn compile_file(path: &Path, maps: &[SchemaMap]) -> Result<Schema, Vec<Diagnostic>> {
    let read = |path: &Path| read_source(LayerKind::Defaults, path);
    let source = read(path).map_err(|unread| vec![unread.finding(path)])?;
    let address = absolute(path).ok().and_then(|path| file_url(&path)).unwrap_or_default();
    let mut documents = Documents::new(&address, &parse_schema(&source)?);
    let mut tried = Vec::new();
    loop {
        let missing: Vec<String> =
            documents.missing().into_iter().filter(|address| !tried.contains(address)).collect();
        if missing.is_empty() {
            return Schema::compile(&documents);
        }
        for address in missing {
            for candidate in candidates(&address, maps) {
                if let Ok(source) = read(&candidate) {
                    documents.add(&address, &parse_schema(&source)?);
                    break;
                }
            }
            tried.push(address);
        }
    }
}

/// A schema is JSON; one whose name ends in `.toml` is TOML.
fn parse_schema(source: &Arc<Source>) -> Result<Value, Vec<Diagnostic>> {
    let is_toml = source.name().ends_with(".toml");
    Ok(parse(source, if is_toml { Language::Toml } else { Language::Json })?.root().clone())
}

/// The files that an address may mean, likeliest first. The longest prefix speaks first; `..` never leaves a folder.
fn candidates(address: &str, maps: &[SchemaMap]) -> Vec<PathBuf> {
    if let Some(path) = address.strip_prefix("file://") {
        return vec![PathBuf::from(percent_decoded(path))];
    }
    // http and https name the same document.
    let plain = |text: &str| text.replacen("https://", "http://", 1);
    let mut maps: Vec<&SchemaMap> = maps.iter().collect();
    maps.sort_by_key(|map| std::cmp::Reverse(map.prefix.len()));
    let mut paths = Vec::new();
    for map in maps {
        let address = plain(address);
        let Some(rest) = address.strip_prefix(&plain(&map.prefix)) else { continue };
        let rest = percent_decoded(rest.trim_matches('/'));
        if rest.split('/').any(|part| part == "..") {
            continue;
        }
        let path = map.folder.join(&rest);
        paths.extend([path.clone(), PathBuf::from(format!("{}.json", path.display()))]);
        paths.push(path.join("index.json"));
    }
    paths
}

fn file_url(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let mut url = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'\\' => url.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
                url.push(byte.into())
            }
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(url)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(texts: &[&str]) -> Vec<SchemaMap> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn first(address: &str, maps: &[SchemaMap]) -> Option<PathBuf> {
        candidates(address, maps).into_iter().next()
    }

    #[test]
    fn a_map_is_a_prefix_and_a_folder() {
        let map = SchemaMap { prefix: "https://a.example/x".into(), folder: "b=c".into() };
        assert_eq!("https://a.example/x=b=c".parse(), Ok(map));
        for wrong in ["", "https://a.example", "=folder", "https://a.example="] {
            assert!(wrong.parse::<SchemaMap>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_longest_prefix_speaks_first_under_either_scheme() {
        let maps = maps(&["http://a.example=all", "https://a.example/v2/=two"]);
        assert_eq!(first("https://a.example/v2/s.json", &maps), Some("two/s.json".into()));
        assert_eq!(first("http://a.example/v1/s.json", &maps), Some("all/v1/s.json".into()));
        assert_eq!(first("https://b.example/s.json", &maps), None);
        let paths = candidates("http://a.example/s", &maps);
        assert_eq!(paths, ["all/s", "all/s.json", "all/s/index.json"].map(PathBuf::from));
    }

    #[test]
    fn no_address_leaves_its_folder() {
        let maps = maps(&["http://a.example=folder"]);
        for address in ["http://a.example/../x", "http://a.example/y/%2e%2e/%2E%2E/x", "http://a.example/.."]
        {
            assert_eq!(first(address, &maps), None, "{address}");
        }
    }

    #[test]
    fn a_path_and_its_address_name_the_same_file() {
        for path in ["/a/b.json", "/with space/100%/é#?.json"] {
            let address = file_url(Path::new(path)).unwrap();
            assert!(address.is_ascii() && !address.contains(['#', '?', ' ']), "{address}");
            assert_eq!(first(&address, &[]), Some(path.into()), "{address}");
        }
        assert_eq!(percent_decoded("%4g%"), "%4g%", "what is no code stays");
    }
}
