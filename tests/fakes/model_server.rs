//! The APIs of models on loopback, as far as the programs of agents use them: the responses of OpenAI, the messages of Anthropic, and the
//! generated content of Google, each whole or as a stream of events.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, ErrorKind, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::{Value as Json, json};

/// The API that a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// `POST …/responses`.
    OpenAi,
    /// `POST …/messages`.
    Anthropic,
    /// `POST …:generateContent` and `…:streamGenerateContent`.
    Google,
    /// A request to another host, which came here because this server is the proxy, too.
    OtherHost,
    /// Anything else, such as a request for the list of models.
    Other,
}

impl Api {
    fn of(method: &str, path: &str) -> Self {
        let route = path.split('?').next().unwrap_or_default();
        match method {
            "CONNECT" => Self::OtherHost,
            _ if path.starts_with("http") => Self::OtherHost,
            "POST" if route.ends_with("/responses") => Self::OpenAi,
            "POST" if route.ends_with("/messages") => Self::Anthropic,
            "POST" if route.ends_with("enerateContent") => Self::Google,
            _ => Self::Other,
        }
    }
}

/// What a model does with a prompt.
#[derive(Clone, Debug)]
pub enum ModelReply {
    /// It answers with this text.
    Text(String),
    /// 429, with so many seconds in `Retry-After`.
    RateLimited(u32),
    /// 400: the request is refused.
    Refused,
    /// The request is never answered.
    Stalled,
}

/// A request that was read.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// When it was read.
    pub at: Instant,
    /// Where it went.
    pub api: Api,
    /// Its first line.
    pub line: String,
    /// Its headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

/// A running server. It stops when it is dropped.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<ServerState>,
    /// Notified when the server stops.
    stopped: Condvar,
}

#[derive(Default)]
struct ServerState {
    /// What each API replies next. The last reply stays.
    replies: BTreeMap<Api, VecDeque<ModelReply>>,
    requests: Vec<ModelRequest>,
    connections: Vec<TcpStream>,
    is_stopping: bool,
}

impl ModelServer {
    /// Starts a server on a free port, whose models answer with this text.
    pub fn start(text: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared::default());
        let accepting = Some(thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        }));
        let server = Self { address, shared, accepting };
        for api in [Api::OpenAi, Api::Anthropic, Api::Google] {
            server.reply(api, [ModelReply::Text(text.into())]);
        }
        server
    }

    /// An address on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Replaces the replies of an API. The last one is given again and again.
    pub fn reply(&self, api: Api, replies: impl IntoIterator<Item = ModelReply>) {
        self.state().replies.insert(api, replies.into_iter().collect());
    }

    /// Every request to an API so far.
    pub fn requests_to(&self, api: Api) -> Vec<ModelRequest> {
        self.state().requests.iter().filter(|request| request.api == api).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        {
            // A panic of a test must not become a second one here.
            let mut state = self.shared.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            state.is_stopping = true;
            for connection in &state.connections {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        self.shared.stopped.notify_all();
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        let Ok(connection) = connection else { continue };
        let Ok(handle) = connection.try_clone() else { continue };
        {
            let mut state = shared.state.lock().unwrap();
            if state.is_stopping {
                return;
            }
            state.connections.push(handle);
        }
        let shared = shared.clone();
        // It ends with its connection, which the server shuts down at the latest.
        thread::spawn(move || serve(&connection, &shared));
    }
}

fn serve(mut connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    while let Some(request) = read_request(&mut reader)? {
        let reply = {
            let mut state = shared.state.lock().unwrap();
            state.requests.push(request.clone());
            match state.replies.get_mut(&request.api) {
                Some(replies) if replies.len() > 1 => replies.pop_front(),
                Some(replies) => replies.front().cloned(),
                None => None,
            }
        };
        let (status, kind, body) = match reply {
            None => {
                ("404 Not Found", "application/json", json!({"error": {"message": "not here"}}).to_string())
            }
            Some(ModelReply::Refused) => {
                ("400 Bad Request", "application/json", error_body("INVALID_ARGUMENT", 400))
            }
            Some(ModelReply::RateLimited(seconds)) => {
                let body = error_body("RESOURCE_EXHAUSTED", 429);
                let head = head("429 Too Many Requests", "application/json", body.len());
                write!(connection, "{head}Retry-After: {seconds}\r\n\r\n{body}")?;
                continue;
            }
            Some(ModelReply::Stalled) => {
                let state = shared.state.lock().unwrap();
                drop(shared.stopped.wait_while(state, |state| !state.is_stopping).unwrap());
                return Ok(());
            }
            Some(ModelReply::Text(text)) => {
                let (kind, body) = answer(&request, &text);
                ("200 OK", kind, body)
            }
        };
        write!(connection, "{}\r\n", head(status, kind, body.len()))?;
        // The answer to HEAD has no body.
        if !request.line.starts_with("HEAD ") {
            connection.write_all(body.as_bytes())?;
        }
    }
    Ok(())
}

/// The first line and the headers, without the empty line at their end.
fn head(status: &str, kind: &str, length: usize) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n")
}

/// An error that has the members of all three APIs.
fn error_body(status: &str, code: u16) -> String {
    let error =
        json!({"code": code, "status": status, "type": "api_error", "message": "the stand-in refuses"});
    json!({"type": "error", "error": error}).to_string()
}

/// Reads the next request of a connection; `None` at its end.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<ModelRequest>> {
    let line = read_line(reader)?;
    let mut words = line.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let api = Api::of(method, path);
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = read_line(reader)?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        loop {
            let size = usize::from_str_radix(&read_line(reader)?, 16).map_err(|_| ErrorKind::InvalidData)?;
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk)?;
            read_line(reader)?;
            if size == 0 {
                break;
            }
            body.extend(chunk);
        }
    } else {
        let length = headers.get("content-length").map_or(Ok(0), |text| text.parse());
        body.resize(length.map_err(|_| ErrorKind::InvalidData)?, 0);
        reader.read_exact(&mut body)?;
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(ModelRequest { at: Instant::now(), api, line, headers, body }))
}

/// The next line without its end; empty at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

/// The answer in the form of its API.
fn answer(request: &ModelRequest, text: &str) -> (&'static str, String) {
    let body: Json = serde_json::from_str(&request.body).unwrap_or_default();
    let events = |events: &[Json]| {
        let event = |event: &Json| match event["type"].as_str() {
            Some(name) => format!("event: {name}\ndata: {event}\n\n"),
            None => format!("data: {event}\n\n"),
        };
        ("text/event-stream", events.iter().map(event).collect::<String>())
    };
    match request.api {
        Api::OpenAi => {
            let part = json!({"type": "output_text", "text": text, "annotations": []});
            let item = json!({"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]});
            let usage = json!({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2});
            events(&[
                json!({"type": "response.created", "response": {"id": "r"}}),
                json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "usage": usage}}),
            ])
        }
        Api::Anthropic => {
            let message = |content: Json, stop: Json| {
                json!({
                    "id": "m", "type": "message", "role": "assistant", "model": body["model"], "content": content,
                    "stop_reason": stop, "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1},
                })
            };
            if body["stream"] != true {
                let whole = message(json!([{"type": "text", "text": text}]), "end_turn".into());
                return ("application/json", whole.to_string());
            }
            let delta = json!({"type": "text_delta", "text": text});
            events(&[
                json!({"type": "message_start", "message": message(json!([]), Json::Null)}),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                json!({"type": "content_block_delta", "index": 0, "delta": delta}),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
                json!({"type": "message_stop"}),
            ])
        }
        _ => {
            let content = json!({"role": "model", "parts": [{"text": text}]});
            let usage = json!({"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2});
            let whole = json!({
                "candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage,
            });
            if request.line.contains("streamGenerateContent") {
                return events(&[whole]);
            }
            ("application/json", whole.to_string())
        }
    }
}
