//! npm's `oidc-provider` as a process.
//!
//! `ORACLE_OIDC_PROVIDER` names the folder of its npm package, else it is `target/tools/oidc/node_modules/oidc-provider`, where
//! `npm install --prefix target/tools/oidc oidc-provider@9` puts it. It also needs `node`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use speckit_tests::workspace;

/// A running provider. It stops when it is dropped.
pub(crate) struct OidcServer {
    /// Its script ends with its standard input.
    process: Child,
    pub(crate) issuer: String,
}

impl OidcServer {
    /// Starts it; `None`: it is not installed, which the test says.
    pub(crate) fn start() -> Option<Self> {
        let folder = std::env::var_os("ORACLE_OIDC_PROVIDER").map(PathBuf::from);
        let folder =
            folder.unwrap_or_else(|| workspace().join("target/tools/oidc/node_modules/oidc-provider"));
        let script = workspace().join("tests/shell/auth/oidc_provider.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = folder.is_dir().then(|| command.spawn().ok()).flatten();
        let Some(mut process) = started else {
            eprintln!("skipped: there is no node, or no {}", folder.display());
            return None;
        };
        let mut issuer = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut issuer).unwrap();
        if issuer.is_empty() {
            let mut errors = String::new();
            process.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
            panic!("the provider does not start: {errors}");
        }
        Some(Self { process, issuer: issuer.trim_end().to_owned() })
    }

    /// Does what a person does on the page of the provider.
    pub(crate) fn approve(&self, user_code: &str) {
        self.control(&format!("approve?user_code={user_code}"));
    }

    pub(crate) fn deny(&self, user_code: &str) {
        self.control(&format!("deny?user_code={user_code}"));
    }

    /// The lifetimes in seconds of what is issued from now on.
    pub(crate) fn set_lifetimes(&self, code: u64, access: u64) {
        self.control(&format!("lifetimes?code={code}&access={access}"));
    }

    /// Whether the provider accepts an access token.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        self.control(&format!("accepts?token={token}")) == "true"
    }

    #[track_caller]
    fn control(&self, what: &str) -> String {
        let host = self.issuer.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(host).unwrap();
        write!(connection, "GET /control/{what} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{what}: {answer}");
        body.to_owned()
    }
}

impl Drop for OidcServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
