//! How long a person waits for the code of a login, and what a token costs.
//!
//! The provider is on loopback and answers at once, so the figures are those of speckit.
//!
//!     cargo bench -p speckit-tests -F benches --bench auth
//!     cargo bench -p speckit-tests -F benches --bench auth -- token     # only this part: code or token

use std::env;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use speckit::auth::{Client, LoginConfig, TokenManager, TokenStorage};
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{Answer, Endpoints};
use speckit_core::text::duration;
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{Dialect, Provider};
use speckit_tests::samples;

const PROCESSES: usize = 60;
const LOADS: usize = 300;
const CALLS: usize = 20_000;
const CALLERS: usize = 100;

fn main() {
    let parts: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    if is_wanted("code") {
        measure_codes(folder.path());
    }
    if is_wanted("token") {
        measure_tokens(folder.path());
    }
}

/// From the start of the process until the code is printed, in turn with a process that only prints its version.
fn measure_codes(folder: &Path) {
    let dialects = [
        ("both URLs in the settings", Dialect::plain()),
        ("an issuer with a discovery document", Dialect::oidc("/tenant")),
    ];
    for (name, dialect) in dialects {
        let provider = Provider::start(dialect);
        let file = folder.join("speckit.toml");
        let own = "store = \"file\"\nscopes = [\"openid\"]\nclient_secret_env = \"CLIENT_SECRET\"";
        std::fs::write(&file, provider.settings("fake", own)).expect("the settings are written");
        let program = |arguments: &[&str]| {
            let mut program = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"));
            program.args(arguments).arg("--config").arg(&file).current_dir(folder).env_clear();
            program.env("HOME", folder).env("CLIENT_SECRET", provider.client_secret());
            program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            program
        };
        let [mut logins, mut starts] = [Vec::new(), Vec::new()];
        // The first round fills the caches of the system and does not count.
        for round in 0..=PROCESSES {
            let start = until_first_line(&mut program(&["--version"]));
            let login = until_first_line(&mut program(&["auth", "login", "--format", "json"]));
            if round > 0 {
                starts.push(start);
                logins.push(login);
            }
        }
        print(&format!("process start to code, {name}"), logins);
        print("process start to its version", starts);
    }
}

fn until_first_line(program: &mut Command) -> Duration {
    let start = Instant::now();
    let mut process = program.spawn().expect("the program starts");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("it prints");
    let elapsed = start.elapsed();
    assert!(!line.is_empty(), "the program printed nothing");
    let _ = process.kill();
    process.wait().expect("it ends");
    elapsed
}

fn measure_tokens(folder: &Path) {
    let provider = Provider::start(Dialect::plain());
    let (client, storage) = stored(folder, &provider);
    let cold = (0..LOADS).map(|_| {
        let storage = TokenStorage::in_folder(folder, &client.login, &client.config).expect("a folder");
        let manager = TokenManager::new(client.clone(), storage);
        timed(|| drop(black_box(manager.token().expect("a token"))))
    });
    print("token of a new manager, from the file", cold.collect());

    let manager = TokenManager::new(client, storage);
    manager.token().expect("a token");
    // One call is shorter than the clock is exact.
    let batch = 100;
    let cached = (0..CALLS / batch).map(|_| {
        let time = timed(|| (0..batch).for_each(|_| drop(black_box(manager.token().expect("a token")))));
        time / u32::try_from(batch).expect("it is small")
    });
    print("token of the same manager", cached.collect());

    let barrier = Barrier::new(CALLERS);
    let (manager, barrier) = (&manager, &barrier);
    let began = Instant::now();
    let times: Vec<Duration> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(move || {
                    barrier.wait();
                    let call = || timed(|| drop(black_box(manager.token().expect("a token"))));
                    (0..CALLS / 10).map(|_| call()).collect::<Vec<_>>()
                })
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("no caller panics")).collect()
    });
    let per_call = began.elapsed() / u32::try_from(times.len()).expect("it is small");
    print(&format!("a call of {CALLERS} concurrent callers"), times);
    println!("all of them together: a call every {}", duration(per_call));
    assert!(provider.requests().is_empty(), "a fresh token needs no provider");
}

/// A login whose token is valid for an hour.
fn stored(folder: &Path, provider: &Provider) -> (Client, TokenStorage) {
    let settings: toml::Table =
        provider.settings("fake", "store = \"file\"").parse().expect("the settings are TOML");
    let config: LoginConfig = settings["auth"]["fake"].clone().try_into().expect("the settings are a login");
    let storage = TokenStorage::in_folder(folder, "fake", &config).expect("the folder is private");
    let client = Client::new("fake", config, None);
    let body = Secret::new(provider.grant("openid").to_string().into_bytes());
    let answer = Answer { status: 200, retry_after: None, body };
    let endpoints: Endpoints = client.endpoints().expect("the settings name both URLs");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let record = TokenRecord::granted(&client, &endpoints, &answer, now).expect("the provider grants");
    let mut lock = storage.try_lock().expect("the folder has room").expect("nobody else locks");
    lock.reserve().expect("the folder has room");
    lock.store(&record).expect("the folder has room");
    drop(lock);
    (client, storage)
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn print(name: &str, times: Vec<Duration>) {
    let samples = samples(times);
    let shown = |nanos: f64| duration(Duration::from_nanos(nanos as u64));
    println!("{name}: median {}, 95 % within {}", shown(samples.median()), shown(samples.percentile(95)));
}
