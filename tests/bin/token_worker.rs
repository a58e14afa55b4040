//! A process that uses the tokens of a test: `speckit-token-worker COMMAND FOLDER LOGIN-AS-JSON …`.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use speckit::auth::{AuthError, Client, LoginConfig, TokenManager, TokenStorage};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let config: LoginConfig = serde_json::from_str(&arguments[2]).expect("a login");
    let storage = TokenStorage::in_folder(Path::new(&arguments[1]), "work", &config).expect("a store");
    let manager = TokenManager::new(Client::new("work", config, None), storage);
    let result = match arguments[0].as_str() {
        "token" => print_tokens(&manager, arguments[3].parse().expect("a number")),
        "watch" => print_token_for_each_line(&manager),
        "renew" => manager.refresh().map(|token| println!("{}", token.expose())),
        "refresh" => refresh_until_killed(&manager),
        command => panic!("no such command: {command}"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until the input ends, and then prints the token that each of many threads got.
fn print_tokens(manager: &TokenManager, threads: usize) -> Result<(), AuthError> {
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the input is readable");
    let get = || manager.token().map(|token| token.expose().to_owned());
    let tokens: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(get)).collect();
        running.into_iter().map(|thread| thread.join().expect("a thread does not panic")).collect()
    });
    for token in tokens {
        println!("{}", token?);
    }
    Ok(())
}

/// Prints the token whenever it reads a line.
fn print_token_for_each_line(manager: &TokenManager) -> Result<(), AuthError> {
    for _ in std::io::stdin().lines() {
        println!("{}", manager.token()?.expose());
    }
    Ok(())
}

/// Refreshes again and again.
fn refresh_until_killed(manager: &TokenManager) -> Result<(), AuthError> {
    loop {
        manager.refresh()?;
        std::io::stdout().write_all(b".").expect("the test reads the output");
        std::io::stdout().flush().expect("the test reads the output");
    }
}
