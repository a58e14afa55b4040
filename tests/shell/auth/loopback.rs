//! Servers on loopback that do what a test wants, and record what they get.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that handles each connection with the same function. It runs until the process ends.
pub struct Loopback {
    pub port: u16,
    requests: Receiver<String>,
}

impl Loopback {
    /// The function gets the connection, and returns what it wants to record.
    pub fn serve(handle: impl Fn(TcpStream) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // The receiver is gone when its test has ended.
                let _ = sender.send(handle(stream.unwrap()));
            }
        });
        Self { port, requests }
    }

    /// A server that reads each request and answers with these bytes.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::serve(move |mut stream| {
            let request = read_request(&mut stream);
            // The client may have enough of it.
            let _ = stream.write_all(&answer);
            request
        })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The next record.
    pub fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }

    /// Nothing has come so far.
    #[track_caller]
    pub fn assert_idle(&self) {
        let request = self.requests.recv_timeout(Duration::from_millis(100));
        assert!(request.is_err(), "{request:?}");
    }
}

/// Reads a request with its body.
pub fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return String::from_utf8(request).unwrap();
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(length @ 1..) => request.extend_from_slice(&chunk[..length]),
            _ => return String::from_utf8_lossy(&request).into_owned(),
        }
    }
}

/// An answer with a JSON body.
pub fn json(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Some\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
