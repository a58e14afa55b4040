//! Addresses of schema documents, and the files that they map to.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::cmp::Reverse;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

/// A folder with the documents of a URL prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaMap {
    /// The prefix of an address.
    pub prefix: String,
    /// The folder that contains the rest of the address as a path.
    pub folder: String,
}

/// The error for a text that is not `URL-PREFIX=DIR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected URL-PREFIX=DIR")]
pub struct SchemaMapError;

impl core::str::FromStr for SchemaMap {
    type Err = SchemaMapError;

    fn from_str(text: &str) -> Result<Self, SchemaMapError> {
        match text.split_once('=') {
            Some((prefix, folder)) if !prefix.is_empty() && !folder.is_empty() => {
                Ok(Self { prefix: prefix.into(), folder: folder.into() })
            }
            _ => Err(SchemaMapError),
        }
    }
}

/// The paths of the files that an address may map to, most likely first.
///
/// A `file:` address maps to its path. The longest matching prefix comes first, `http` and `https` are the same
/// scheme, `.json` may be omitted, and an address with `..` is ignored.
///
/// ```
/// use speckit_core::config::schema::schema_paths;
/// let maps = ["https://a.example/=schemas".parse()?];
/// let paths = schema_paths("http://a.example/app", &maps);
/// assert_eq!(paths, ["schemas/app", "schemas/app.json", "schemas/app/index.json"]);
/// # Ok::<(), speckit_core::config::schema::SchemaMapError>(())
/// ```
pub fn schema_paths(address: &str, maps: &[SchemaMap]) -> Vec<String> {
    if let Some(path) = address.strip_prefix("file://") {
        return Vec::from([percent_decoded(path)]);
    }
    let plain = |text: &str| text.replacen("https://", "http://", 1);
    let address = plain(address);
    let mut maps: Vec<&SchemaMap> = maps.iter().collect();
    maps.sort_by_key(|map| Reverse(map.prefix.len()));
    let mut paths = Vec::new();
    for map in maps {
        let Some(rest) = address.strip_prefix(&plain(&map.prefix)) else { continue };
        let rest = percent_decoded(rest.trim_matches('/'));
        if rest.split('/').any(|part| part == "..") {
            continue;
        }
        let path = format!("{}/{rest}", map.folder.trim_end_matches('/'));
        paths.extend([path.clone(), format!("{path}.json"), format!("{path}/index.json")]);
    }
    paths
}

/// Whether two addresses name the same document. `http` and `https` are the same scheme; percent-encoding, a fragment, the case of a host and
/// `./` do not matter.
pub(crate) fn is_same_address(a: &str, b: &str) -> bool {
    document_name(a) == document_name(b)
}

fn document_name(address: &str) -> String {
    let name = match Url::parse(address) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.to_string().replacen("https://", "http://", 1)
        }
        Err(_) => Vec::from_iter(address.split('/').filter(|part| *part != ".")).join("/"),
    };
    percent_decoded(&name)
}

/// What stays as it is in a `file:` address: unreserved characters of RFC 3986, `/` and `:`.
const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// The `file:` address of an absolute path.
pub fn file_address(path: &str) -> String {
    let root = if path.starts_with('/') { "file://" } else { "file:///" };
    format!("{root}{}", utf8_percent_encode(&path.replace('\\', "/"), IN_PATH))
}

/// Undoes percent-encoding (RFC 3986, section 2.1); invalid codes stay, and invalid UTF-8 is replaced.
pub(super) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(texts: &[&str]) -> Vec<SchemaMap> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn first(address: &str, maps: &[SchemaMap]) -> Option<String> {
        schema_paths(address, maps).into_iter().next()
    }

    #[test]
    fn a_map_is_a_prefix_and_a_folder() {
        let map = SchemaMap { prefix: "https://a.example/x".into(), folder: "b=c".into() };
        assert_eq!("https://a.example/x=b=c".parse(), Ok(map));
        for wrong in ["", "https://a.example", "=folder", "https://a.example="] {
            assert_eq!(wrong.parse::<SchemaMap>(), Err(SchemaMapError), "{wrong}");
        }
    }

    #[test]
    fn the_longest_prefix_comes_first_for_http_and_https() {
        let maps = maps(&["http://a.example=all", "https://a.example/v2/=two"]);
        assert_eq!(first("https://a.example/v2/s.json", &maps), Some("two/s.json".into()));
        assert_eq!(first("http://a.example/v1/s.json", &maps), Some("all/v1/s.json".into()));
        assert_eq!(first("http://a.example/v1/s/", &maps), Some("all/v1/s".into()));
        assert_eq!(first("https://b.example/s.json", &maps), None);
    }

    #[test]
    fn addresses_of_the_same_document_are_the_same() {
        for (a, b) in [
            ("https://a.example/s.json", "http://A.example:80/x/../s.json#/a"),
            ("https://a.example/a b", "https://a.example/a%20b"),
            ("./s.json", "s.json"),
            ("a/./s.json", "a/s.json"),
            ("urn:x", "urn:x"),
        ] {
            assert!(is_same_address(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("https://a.example/s.json", "https://a.example/S.json"),
            ("https://a.example/s", "https://a.example/s.json"),
            ("https://a.example/s?x", "https://a.example/s"),
            ("/s.json", "s.json"),
            ("../s.json", "./s.json"),
        ] {
            assert!(!is_same_address(a, b), "{a} {b}");
        }
    }

    #[test]
    fn an_address_cannot_leave_its_folder() {
        let maps = maps(&["http://a.example=folder"]);
        for address in ["http://a.example/../x", "http://a.example/y/%2e%2e/%2E%2E/x", "http://a.example/.."]
        {
            assert_eq!(first(address, &maps), None, "{address}");
        }
    }

    #[test]
    fn a_path_and_its_address_name_the_same_file() {
        for path in ["/a/b.json", "/with space/100%/é#?.json"] {
            let address = file_address(path);
            assert!(address.is_ascii() && !address.contains(['#', '?', ' ']), "{address}");
            assert_eq!(first(&address, &[]), Some(path.into()), "{address}");
        }
        assert_eq!(percent_decoded("%4g%"), "%4g%");
    }
}
