//! Certificates, and what a log shows, in processes of their own: both depend on the whole process.

use std::io::{Read as _, Write as _, copy};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::loopback::{Loopback, json, read_request};
use crate::test_dir::TestDir;

/// An authority that signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server with a certificate for a name, until the end of a year.
    fn server(&self, name: &str, year: i32) -> Loopback {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config =
            config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key.into());
        let config = Arc::new(config.unwrap());
        Loopback::serve(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let request = read_request(&mut stream);
            if !request.is_empty() {
                stream.write_all(json(200, r#"{"access_token":"canary"}"#).as_bytes()).unwrap();
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
            request
        })
    }
}

/// Sends in another process, which has these variables and trusts these roots, and returns its output.
fn sent(command: &str, url: &str, roots: &str, variables: &[(&str, &str)]) -> String {
    let folder = TestDir::new().file("roots.pem", roots);
    let roots: PathBuf = folder.path("roots.pem");
    let mut worker = Command::new(env!("CARGO_BIN_EXE_speckit-auth-worker"));
    worker.args([command, url]).env_clear().env("SSL_CERT_FILE", roots).envs(variables.iter().copied());
    String::from_utf8(worker.output().unwrap().stdout).unwrap()
}

#[test]
fn only_a_valid_certificate_for_the_host_by_a_known_authority_gets_the_request() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let to = |server: &Loopback, roots: &str| {
        sent("send", &format!("https://localhost:{}/token?canary", server.port), roots, &[])
    };
    let good = authority.server("localhost", 4000);
    assert_eq!(to(&good, &authority.pem), "ok: status 200\n");
    assert!(good.request().contains("refresh_token=canary-in-the-form"));

    let wrong_name = authority.server("id.example", 4000);
    let expired = authority.server("localhost", 2020);
    for (server, roots, text) in [
        (&wrong_name, &authority.pem, "the certificate of its host is for another name"),
        (&expired, &authority.pem, "the certificate of its host has expired"),
        (&good, &other.pem, "no root certificate of this system confirms the certificate of its host"),
        (&good, &String::new(), "this system has no root certificates"),
    ] {
        let output = to(server, roots);
        assert!(output.starts_with(&format!("failed: Certificate: {text}")), "{text}: {output}");
        assert!(!output.contains("canary"), "{output}");
    }
    assert_eq!(wrong_name.request() + &expired.request() + &good.request(), "", "no request was sent");
}

#[test]
fn a_host_is_reached_through_the_proxy_of_the_environment_and_its_certificate_counts() {
    let authority = Authority::new("one");
    let server = authority.server("id.invalid", 4000);
    let port = server.port;
    let proxy = Loopback::serve(move |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
        let mut host = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), host.try_clone().unwrap());
        thread::spawn(move || copy(&mut from, &mut to));
        let _ = copy(&mut host, &mut stream);
        String::from_utf8(head).unwrap()
    });
    let variable = format!("http://127.0.0.1:{}", proxy.port);
    let variables = [("HTTPS_PROXY", &*variable)];
    assert_eq!(sent("send", "https://id.invalid/token", &authority.pem, &variables), "ok: status 200\n");
    assert!(server.request().contains("canary-in-the-form"));
    let connect = proxy.request();
    assert!(connect.starts_with("CONNECT id.invalid:443 ") && !connect.contains("canary"), "{connect}");

    let output = sent("send", "https://other.invalid/token", &authority.pem, &variables);
    assert!(
        output.starts_with("failed: Certificate: the certificate of its host is for another name"),
        "{output}"
    );
}

/// ureq writes each byte of a request and of an answer at the level `trace`, as numbers.
#[test]
fn a_log_at_the_level_trace_has_no_part_of_a_secret() {
    let authority = Authority::new("one");
    let server = authority.server("localhost", 4000);
    let plain = Loopback::answering(json(200, r#"{"access_token":"canary"}"#));
    for url in [format!("https://localhost:{}/canary?canary", server.port), plain.url("/canary?canary")] {
        let output = sent("send-logged", &url, &authority.pem, &[]);
        assert!(output.contains("log DEBUG ureq::"), "the log is on: {output}");
        assert!(output.ends_with("ok: status 200\n"), "{output}");
        assert!(!output.contains("canary"), "{output}");
        let records = output.lines().filter_map(|line| line.strip_prefix("log ")?.split_once('|'));
        let numbers: String = records.flat_map(|(_, text)| text.split_whitespace()).collect();
        let canary: String = b"canary".iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!numbers.to_lowercase().contains(&canary), "{output}");
    }
}
