//! Requests to hosts that answer in every way, or not at all.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use speckit::internal::{HttpClient, TimeLimits};
use speckit::{Environment, Secret};
use speckit_core::auth::TransportFailureKind as Kind;
use speckit_core::auth::{
    Answer, Endpoint, Exchange, MAX_ANSWER_BYTES, ProxySettings, Request, TransportFailure,
};

use super::loopback::{Loopback, json, read_request};

const SHORT: Duration = Duration::from_millis(200);

fn quick() -> TimeLimits {
    TimeLimits { resolve: SHORT, connect: SHORT, send: SHORT, header: SHORT, body: SHORT }
}

fn post(url: &str) -> Request {
    Request {
        endpoint: Endpoint::Token,
        url: url.into(),
        authorization: Some(Secret::new("Basic canary".into())),
        form: Some(Secret::new("grant_type=x&refresh_token=canary".into())),
    }
}

fn send(url: &str) -> Exchange {
    HttpClient::new(None).send(&post(url))
}

/// The failure of a request with short time limits. It shows no part of the request or of an answer.
#[track_caller]
fn quick_failure(url: &str) -> TransportFailure {
    failed(HttpClient::with_limits(None, quick()).send(&post(url)))
}

#[track_caller]
fn failed(exchange: Exchange) -> TransportFailure {
    let failure = exchange.expect_err("no answer");
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    failure
}

fn status_of(exchange: Exchange) -> u16 {
    exchange.unwrap().status
}

#[test]
fn a_post_has_the_form_and_the_authorization_and_accepts_json() {
    let server = Loopback::answering(json(200, r#"{"a":1}"#));
    let answer = send(&server.url("/token?tenant=a")).unwrap();
    let body = Secret::new(br#"{"a":1}"#.to_vec());
    assert_eq!(answer, Answer { status: 200, retry_after: None, body });
    let request = server.request();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines[0], "POST /token?tenant=a HTTP/1.1");
    for line in [
        "accept: application/json",
        "authorization: Basic canary",
        "content-type: application/x-www-form-urlencoded",
        concat!("user-agent: speckit/", env!("CARGO_PKG_VERSION_MAJOR")),
    ] {
        assert!(
            lines.iter().any(|found| found.to_lowercase().starts_with(&line.to_lowercase())),
            "{line}: {head}"
        );
    }
    assert_eq!(body, "grant_type=x&refresh_token=canary");
}

#[test]
fn a_get_has_neither() {
    let server = Loopback::answering(json(404, "{}"));
    let get =
        Request { endpoint: Endpoint::Discovery, url: server.url("/"), authorization: None, form: None };
    assert_eq!(status_of(HttpClient::new(None).send(&get)), 404);
    let request = server.request().to_lowercase();
    assert!(request.starts_with("get / http/1.1\r\n"), "{request}");
    assert!(!request.contains("authorization") && !request.contains("content-"), "{request}");
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Loopback::answering(json(200, "{}"));
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url("/canary");
        let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(status_of(send(&Loopback::answering(answer).url("/"))), status);
    }
    elsewhere.assert_idle();
}

#[test]
fn any_status_and_any_content_is_an_answer() {
    let html = "<html>Bad Gateway</html>";
    let bad_gateway = format!(
        "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\nretry-after: 7\r\ncontent-length: {}\r\n\r\n{html}",
        html.len()
    );
    let answer = send(&Loopback::answering(bad_gateway).url("/")).unwrap();
    assert_eq!((answer.status, answer.retry_after), (502, Some(Duration::from_secs(7))));
    assert_eq!(answer.body.expose(), html.as_bytes());
    for (retry_after, seconds) in [("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), (" 0 ", Some(0))] {
        let answer = format!("HTTP/1.1 429 Slow\r\nretry-after: {retry_after}\r\ncontent-length: 0\r\n\r\n");
        let answer = send(&Loopback::answering(answer).url("/")).unwrap();
        assert_eq!(answer.retry_after, seconds.map(Duration::from_secs), "{retry_after}");
    }
    // Chunks, and a body that the end of the connection ends.
    for answer in [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\n{}",
    ] {
        assert_eq!(send(&Loopback::answering(answer).url("/")).unwrap().body.expose(), b"{}");
    }
}

#[test]
fn each_request_has_a_connection_of_its_own() {
    // A host that keeps the connection open and waits for the next request.
    let server = Loopback::serve(|mut stream| {
        read_request(&mut stream);
        stream.write_all(json(200, "{}").as_bytes()).unwrap();
        read_request(&mut stream)
    });
    let client = HttpClient::new(None);
    for _ in 0..3 {
        assert_eq!(status_of(client.send(&post(&server.url("/")))), 200);
        assert_eq!(server.request(), "", "the connection ends");
    }
}

#[test]
fn a_connection_that_ends_early_is_broken() {
    let reset = Loopback::serve(|stream| {
        // Closing with unread bytes resets the connection.
        thread::sleep(Duration::from_millis(50));
        drop(stream);
        String::new()
    });
    assert_eq!(failed(send(&reset.url("/"))).kind, Kind::Broken);
    for half in [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\nx-canary: canary\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"access_token\":\"canary",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{\"access_token\":\"canary",
    ] {
        let failure = failed(send(&Loopback::answering(half).url("/")));
        assert_eq!(failure.kind, Kind::Broken, "{half}: {failure:?}");
        assert!(!failure.kind.is_unsent());
    }
}

#[test]
fn what_is_not_http_is_broken() {
    for answer in
        ["SSH-2.0-OpenSSH_9.6 canary\r\n", "canary canary canary\r\n\r\n", "\0\0\0\x01canary\r\n\r\n"]
    {
        let failure = failed(send(&Loopback::answering(answer).url("/")));
        assert_eq!(failure.kind, Kind::Broken, "{answer}: {failure:?}");
    }
    let header = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "canary".repeat(40_000));
    assert_eq!(failed(send(&Loopback::answering(header).url("/"))).kind, Kind::TooLarge);
}

#[test]
fn a_body_of_ten_megabytes_is_too_large_whether_its_length_is_known_or_not() {
    let ten = 10 << 20;
    let body = "x".repeat(ten);
    for answer in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {ten}\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{ten:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n\r\n{body}"),
    ] {
        let failure = failed(send(&Loopback::answering(answer).url("/")));
        assert_eq!((failure.kind, &*failure.reason), (Kind::TooLarge, "its answer is longer than 256 KiB"));
    }
    let most = "x".repeat(MAX_ANSWER_BYTES);
    let answer = send(&Loopback::answering(json(200, &most)).url("/")).unwrap();
    assert_eq!(answer.body.expose().len(), MAX_ANSWER_BYTES);
    let failure = failed(send(&Loopback::answering(json(200, &(most + "x"))).url("/")));
    assert_eq!(failure.kind, Kind::TooLarge);
}

#[test]
fn each_phase_has_its_time_limit() {
    let stall = |answer: &'static str| {
        Loopback::serve(move |mut stream| {
            let request = read_request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            // Until the client has enough.
            let _ = stream.read(&mut [0]);
            request
        })
    };
    let failure = quick_failure(&stall("").url("/"));
    assert_eq!((failure.kind, &*failure.reason), (Kind::TimedOut, "no answer within 200 ms"));
    let failure = quick_failure(&stall("HTTP/1.1 200 OK\r\n").url("/"));
    assert_eq!((failure.kind, &*failure.reason), (Kind::TimedOut, "no answer within 200 ms"));
    let failure = quick_failure(&stall("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").url("/"));
    assert_eq!(
        (failure.kind, &*failure.reason),
        (Kind::TimedOut, "its answer was not complete within 200 ms")
    );

    // A host that accepts, and does not speak TLS.
    let silent = Loopback::serve(|mut stream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::new()
    });
    let failure = quick_failure(&format!("https://127.0.0.1:{}/", silent.port));
    assert_eq!((failure.kind, &*failure.reason), (Kind::Connect, "no connection within 200 ms"));
    assert!(failure.kind.is_unsent());

    // A host that accepts, and reads nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let request = Request { form: Some(Secret::new("x".repeat(64 << 20))), ..post(&url) };
    let failure = failed(HttpClient::with_limits(None, quick()).send(&request));
    assert_eq!((failure.kind, &*failure.reason), (Kind::TimedOut, "the request was not sent within 200 ms"));
}

#[test]
fn the_default_time_limits_are_those_of_the_guide() {
    let TimeLimits { resolve, connect, send, header, body } = TimeLimits::default();
    assert_eq!([resolve, connect, send, header, body].map(|limit| limit.as_secs()), [5, 5, 5, 10, 10]);
}

#[test]
fn a_host_that_is_not_there_has_not_got_the_request() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failure = failed(send(&format!("http://127.0.0.1:{port}/canary?canary")));
    assert_eq!(failure.kind, Kind::Connect);
    assert!(failure.reason.starts_with("no connection: "), "{failure:?}");
    let failure =
        failed(HttpClient::with_limits(None, TimeLimits::default()).send(&post("https://canary.invalid/")));
    assert_eq!(failure.kind, Kind::Resolve, "{failure:?}");
}

#[test]
fn only_https_and_loopback_are_sent_to() {
    for url in [
        "http://id.example.com/",
        "ftp://localhost/",
        "no url",
        "https://a:canary@127.0.0.1/",
        "https://127.0.0.1/#a",
    ] {
        let failure = failed(send(url));
        assert_eq!(failure.kind, Kind::Connect, "{url}");
        assert!(failure.reason.starts_with("its URL "), "{failure:?}");
    }
}

/// A proxy that records, and answers with this.
fn proxy(answer: &'static str) -> Loopback {
    Loopback::serve(move |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        request
    })
}

fn through(variables: &[(&str, &str)], url: &str) -> Exchange {
    let settings = ProxySettings::of(&Environment::of(variables.iter().copied()));
    let limits = TimeLimits { resolve: Duration::from_secs(5), ..quick() };
    let client = HttpClient::with_limits(settings, limits);
    assert!(!format!("{client:?}").contains("hunter2"), "{client:?}");
    client.send(&post(url))
}

#[test]
fn a_proxy_gets_the_host_and_its_own_credentials_and_nothing_of_the_request() {
    let proxy = proxy("HTTP/1.1 407 Authenticate\r\nx: canary\r\n\r\n");
    let variable = format!("http://user:hunter2@127.0.0.1:{}", proxy.port);
    let failure = failed(through(&[("HTTPS_PROXY", &variable)], "https://id.invalid/canary?canary"));
    assert_eq!(failure.kind, Kind::Connect);
    assert_eq!(
        failure.reason,
        "the proxy did not connect to its host (status 407) (through the proxy that `HTTPS_PROXY` names)"
    );
    let request = proxy.request();
    assert!(request.starts_with("CONNECT id.invalid:443 HTTP/1.1\r\n"), "{request}");
    // The base64 form of `user:hunter2`.
    assert!(request.contains("Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n"), "{request}");
    assert!(!request.contains("canary"), "{request}");
}

#[test]
fn a_host_of_no_proxy_and_loopback_are_reached_without_the_proxy() {
    let proxy = proxy("HTTP/1.1 500 Never\r\n\r\n");
    let variable = format!("http://127.0.0.1:{}", proxy.port);
    let variables = [("ALL_PROXY", &*variable), ("NO_PROXY", "x.example,.invalid")];
    assert_eq!(failed(through(&variables, "https://id.invalid/")).kind, Kind::Resolve);
    let server = Loopback::answering(json(200, "{}"));
    assert_eq!(status_of(through(&variables, &server.url("/"))), 200);
    assert_eq!(status_of(through(&variables, &format!("http://localhost:{}/", server.port))), 200);
    proxy.assert_idle();
}

#[test]
fn a_proxy_that_cannot_be_used_is_never_left_out() {
    for (url, text) in [
        ("socks5://user:hunter2@127.0.0.1:1", "`all_proxy` names a proxy of another kind than http or https"),
        ("http://user:hunter2@127.0.0.1:port", "`all_proxy` is no URL of a proxy"),
    ] {
        let failure = failed(through(&[("all_proxy", url)], "https://127.0.0.2.nip.invalid/"));
        assert_eq!(failure.kind, Kind::Connect);
        assert!(failure.reason.starts_with(text), "{failure:?}");
        assert!(!failure.reason.contains("hunter2"), "{failure:?}");
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failure = failed(through(&[("https_proxy", &format!("127.0.0.1:{port}"))], "https://id.invalid/"));
    assert_eq!(failure.kind, Kind::Connect);
    assert!(failure.reason.ends_with("(through the proxy that `https_proxy` names)"), "{failure:?}");
}
