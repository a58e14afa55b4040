//! The server: a thread for each connection, and one state behind a lock.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::dialect::{Authentication, Dialect, Discovery};
use super::http::{ReceivedRequest, Route};
use super::model::{Decision, Model};
use super::reply::{Delivery, Reply};

/// A running provider. It stops when it is dropped.
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<ServerState>,
    /// Notified at each request, and when the server stops.
    changed: Condvar,
}

struct ServerState {
    model: Model,
    /// What is answered next, before the model is asked.
    scripts: BTreeMap<Route, VecDeque<Reply>>,
    /// What is answered once the script is over, instead of the model's answer.
    defaults: BTreeMap<Route, Reply>,
    requests: Vec<ReceivedRequest>,
    /// The open connections by the address of the client.
    connections: BTreeMap<SocketAddr, TcpStream>,
    is_stopping: bool,
}

impl Provider {
    /// Starts a provider on a free port.
    pub fn start(dialect: Dialect) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = ServerState {
            model: Model::new(dialect, format!("http://{address}")),
            scripts: BTreeMap::new(),
            defaults: BTreeMap::new(),
            requests: Vec::new(),
            connections: BTreeMap::new(),
            is_stopping: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Some(thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        }));
        Self { address, shared, accepting }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// An address on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of the issuer.
    pub fn issuer(&self) -> String {
        self.state().model.issuer()
    }

    /// The table `[auth.<login>]` of a configuration that uses this provider. `own` are further lines.
    pub fn settings(&self, login: &str, own: &str) -> String {
        let state = self.state();
        let dialect = &state.model.dialect;
        let mut lines = vec![format!("[auth.{login}]"), format!("client_id = \"{}\"", dialect.client_id)];
        if dialect.discovery == Discovery::None {
            lines.push(format!("device_authorization_url = \"{}\"", self.url(&dialect.device_path)));
            lines.push(format!("token_url = \"{}\"", self.url(&dialect.token_path)));
            let revocation = dialect.revocation_path.as_deref().map(|path| self.url(path));
            lines.extend(revocation.map(|url| format!("revocation_url = \"{url}\"")));
        } else {
            lines.push(format!("issuer = \"{}\"", state.model.issuer()));
        }
        lines.extend(match dialect.authentication {
            Authentication::None => None,
            Authentication::Post => Some("client_authentication = \"post\"".to_owned()),
            Authentication::Basic | Authentication::PostOrBasic => {
                Some("client_authentication = \"basic\"".to_owned())
            }
        });
        format!("{}\n{own}\n", lines.join("\n"))
    }

    /// The secret of the client.
    pub fn client_secret(&self) -> String {
        self.state().model.dialect.client_secret.clone()
    }

    /// Appends answers to the script of an endpoint. When it is over, the model answers again.
    pub fn script(&self, route: Route, replies: impl IntoIterator<Item = Reply>) {
        self.state().scripts.entry(route).or_default().extend(replies);
    }

    /// Answers every request to an endpoint so, once its script is over.
    pub fn always(&self, route: Route, reply: Reply) {
        self.state().defaults.insert(route, reply);
    }

    /// Decides each new code at its poll of this number, counted from 1, unless it is decided before.
    pub fn decide_at_poll(&self, poll: u32, decision: Decision) {
        self.state().model.plan = Some((poll, decision));
    }

    /// Decides a code. Returns whether it exists.
    pub fn decide(&self, user_code: &str, decision: Decision) -> bool {
        self.state().model.decide(user_code, decision)
    }

    /// The codes that nobody has decided yet.
    pub fn pending_user_codes(&self) -> Vec<String> {
        self.state().model.pending_user_codes()
    }

    /// The answer that grants tokens to a new login, without any request.
    pub fn grant(&self, scope: &str) -> Json {
        self.state().model.grant(scope.into())
    }

    /// Whether the provider accepts an access token now.
    pub fn accepts_access_token(&self, token: &str) -> bool {
        self.state().model.accepts_access_token(token)
    }

    /// Whether the provider accepts a refresh token now.
    pub fn accepts_refresh_token(&self, token: &str) -> bool {
        self.state().model.accepts_refresh_token(token)
    }

    /// How many times an old refresh token was used.
    pub fn reuses(&self) -> u32 {
        self.state().model.reuses
    }

    /// Revokes every token.
    pub fn revoke_all(&self) {
        self.state().model.revoke_all();
    }

    /// Moves the clock of the provider forwards.
    pub fn advance(&self, time: Duration) {
        self.state().model.moved += time;
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.clone()
    }

    /// Every request to an endpoint so far.
    pub fn requests_to(&self, route: Route) -> Vec<ReceivedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.route == route);
        requests
    }

    /// Every refresh that was requested so far.
    pub fn refreshes(&self) -> Vec<ReceivedRequest> {
        let mut requests = self.requests_to(Route::Token);
        requests.retain(|request| request.field("grant_type") == "refresh_token");
        requests
    }

    /// Waits until an endpoint received so many requests. Returns whether it did within the time.
    pub fn wait_for(&self, route: Route, count: usize, limit: Duration) -> bool {
        let is_missing = |state: &mut ServerState| {
            state.requests.iter().filter(|request| request.route == route).count() < count
        };
        let (_state, result) =
            self.shared.changed.wait_timeout_while(self.state(), limit, is_missing).unwrap();
        !result.timed_out()
    }

    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        {
            // A panic of a test must not become a second one here.
            let mut state = self.shared.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            state.is_stopping = true;
            for connection in state.connections.values() {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        let Ok(connection) = connection else { continue };
        let (Ok(client), Ok(handle)) = (connection.peer_addr(), connection.try_clone()) else { continue };
        {
            let mut state = shared.state.lock().unwrap();
            if state.is_stopping {
                return;
            }
            state.connections.insert(client, handle);
        }
        let shared = shared.clone();
        // It ends with its connection, which the server shuts down at the latest.
        thread::spawn(move || {
            let _ = serve(&connection, &shared);
            // A reset is sent once the last handle of the connection is closed.
            shared.state.lock().unwrap().connections.remove(&client);
        });
    }
}

fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    while let Some(mut request) = ReceivedRequest::read(&mut reader)? {
        let (reply, bytes) = {
            let mut state = shared.state.lock().unwrap();
            request.route = state.model.route(&request.path);
            state.requests.push(request.clone());
            shared.changed.notify_all();
            let scripted = state.scripts.get_mut(&request.route).and_then(VecDeque::pop_front);
            let reply =
                scripted.or_else(|| state.defaults.get(&request.route).cloned()).unwrap_or_else(Reply::model);
            let bytes = reply.bytes_with(|| state.model.answer(&request));
            (reply, bytes)
        };
        shared.pause(reply.delay);
        deliver(connection, &bytes, reply.delivery, shared)?;
        if reply.ends_connection() {
            break;
        }
    }
    Ok(())
}

fn deliver(mut connection: &TcpStream, bytes: &[u8], delivery: Delivery, shared: &Shared) -> io::Result<()> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    match delivery {
        Delivery::Whole | Delivery::Unsized => connection.write_all(bytes),
        Delivery::Half => connection.write_all(first),
        Delivery::Halves(pause) => {
            connection.write_all(first)?;
            shared.pause(pause);
            connection.write_all(second)
        }
        Delivery::Closed => Ok(()),
        Delivery::Reset => reset(connection),
    }
}

/// Sends RST instead of FIN at the end of the connection.
#[cfg(unix)]
fn reset(connection: &TcpStream) -> io::Result<()> {
    rustix::net::sockopt::set_socket_linger(connection, Some(Duration::ZERO))?;
    Ok(())
}

#[cfg(not(unix))]
fn reset(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

impl Shared {
    /// Waits for a time, or until the server stops.
    fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut state = self.state.lock().unwrap();
        while !state.is_stopping {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}
