//! Requests of HTTP/1.1, as far as the clients of these tests send them: with a length, and not chunked.

use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind};
use std::time::Instant;

/// Which endpoint a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Where a login begins.
    Device,
    /// Where tokens are issued.
    Token,
    /// Where tokens are revoked.
    Revocation,
    /// The discovery document of OpenID Connect.
    OidcDiscovery,
    /// The discovery document of RFC 8414.
    OauthDiscovery,
    /// No endpoint.
    Elsewhere,
}

/// A request as the server read it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// When it was read.
    pub at: Instant,
    /// Which endpoint it went to.
    pub route: Route,
    /// The method.
    pub method: String,
    /// The path with the query.
    pub path: String,
    /// The headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The fields of a form. Of two fields with one name the last one stands.
    pub form: BTreeMap<String, String>,
    /// The names of the fields that stand more than once, which OAuth forbids.
    pub repeated: Vec<String>,
}

impl ReceivedRequest {
    /// Reads the next request of a connection; `None` at its end.
    pub(super) fn read(connection: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(String::from);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(ErrorKind::InvalidData.into());
        };
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            connection.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(Ok(0), |text| text.parse());
        let mut body = vec![0; length.map_err(|_| ErrorKind::InvalidData)?];
        connection.read_exact(&mut body)?;
        let mut request = Self {
            at: Instant::now(),
            route: Route::Elsewhere,
            method,
            path,
            headers,
            form: BTreeMap::new(),
            repeated: Vec::new(),
        };
        for (name, value) in fields(&String::from_utf8_lossy(&body)) {
            if request.form.insert(name.clone(), value).is_some() {
                request.repeated.push(name);
            }
        }
        Ok(Some(request))
    }

    /// A field of the form; empty if it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// The header `Authorization`.
    pub fn authorization(&self) -> Option<&str> {
        self.headers.get("authorization").map(String::as_str)
    }
}

/// The fields of a form (`application/x-www-form-urlencoded`).
fn fields(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// A text of a form, decoded.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = hex.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(if first == b'+' { b' ' } else { first }));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
