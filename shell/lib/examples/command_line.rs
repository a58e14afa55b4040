//! A command-line program: defaults, a file for each profile, `.env`, variables and options, each with its origin.
//!
//! `cargo run -p speckit --example command_line --features clap -- --profile prod --port 9000 --explain server.port`
//!
//! It reads `app.toml`, then `app.prod.toml`, `.env` and `APP_…`. A profile is a file: the later one wins.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program has arguments and a user of its own"
)]

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use serde::{Deserialize, Serialize};
use speckit::{Builder, Config, ConfigPath, Secret, Show};

/// Serves the files of a folder.
#[derive(Debug, Parser, Serialize)]
#[command(name = "serve")]
struct Arguments {
    /// The settings that options override. Their fields have the places of the settings.
    #[command(flatten)]
    server: ServerArguments,
    /// Reads `app.NAME.toml` above `app.toml`.
    #[arg(long, value_name = "NAME", default_value = "dev")]
    #[serde(skip)]
    profile: String,
    /// Shows where the value of a key comes from.
    #[arg(long, value_name = "KEY")]
    #[serde(skip)]
    explain: Option<String>,
    /// The folder of the configuration.
    #[arg(long, default_value = ".")]
    #[serde(skip)]
    folder: PathBuf,
}

#[derive(Debug, clap::Args, Serialize)]
struct ServerArguments {
    #[arg(long)]
    host: Option<String>,
    /// The port. Its default is that of the configuration.
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct Settings {
    server: Server,
    /// Relative to the file that sets it.
    files: ConfigPath,
    token: Option<Secret<String>>,
}

#[derive(Debug, Deserialize)]
struct Server {
    host: String,
    port: u16,
}

const DEFAULTS: &str = "
files = 'public'

[server]
host = 'localhost'
port = 8080
";

/// The layers, lowest first.
fn builder(arguments: &Arguments, matches: &clap::ArgMatches) -> Builder<Settings> {
    let file = |name: &str| arguments.folder.join(name);
    Config::builder()
        .defaults_toml(DEFAULTS)
        .file(file("app.toml"))
        .file(file(&format!("app.{}.toml", arguments.profile)))
        .dotenv(file(".env"))
        .env_prefix("APP")
        .arguments(arguments, matches)
}

/// What the program prints.
fn output(words: impl IntoIterator<Item = OsString>) -> Result<String, Box<dyn Error>> {
    let matches = Arguments::command().try_get_matches_from(words)?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let config = builder(&arguments, &matches).open()?;
    let snapshot = config.snapshot();
    for warning in snapshot.warnings().iter() {
        eprintln!("{}", warning.message);
    }
    if let Some(key) = &arguments.explain {
        let explanation = snapshot.explain(key).ok_or_else(|| format!("there is no key `{key}`"))?;
        return Ok(explanation.to_text());
    }
    let Settings { server, files, token } = &*config.current();
    let (Server { host, port }, files): (&Server, &Path) = (server, files);
    let login = if token.is_some() { "with a token" } else { "for everybody" };
    let first = format!("serving {} at {host}:{port} {login}\n", files.display());
    Ok(first + &snapshot.show(Show::Origins))
}

fn main() -> ExitCode {
    match output(std::env::args_os()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_variables_of_a_file_and_options_override_in_this_order() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("app.toml", "files = 'site'\n[server]\nport = 80\n");
        write("app.prod.toml", "[server]\nhost = '0.0.0.0'\nport = 443\n");
        write(".env", "export APP_TOKEN='hunter2'\nAPP_SERVER__PORT=8443\n");
        let output = |words: &[&str]| {
            let start = ["serve".into(), "--folder".into(), folder.path().into()];
            let text = output(start.into_iter().chain(words.iter().map(OsString::from))).unwrap();
            text.replace(&format!("{}/", folder.path().display()), "")
        };
        insta::assert_snapshot!(output(&["--profile", "prod"]), @r#"
        serving site at 0.0.0.0:8443 with a token
        files = "site"            # app.toml:1:9
        server.host = "0.0.0.0"   # app.prod.toml:2:8
        server.port = 8443        # .env:2:1
        token = "[redacted]"      # .env:1:8
        "#);
        let text = output(&["--port", "9000"]);
        assert!(text.starts_with("serving site at localhost:9000"), "{text}");
        assert!(text.contains("server.port = 9000") && text.contains("# --port\n"), "{text}");
    }

    #[test]
    fn every_mistake_is_reported_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "APP_SERVER__PORT=many\n").unwrap();
        let words = ["serve".into(), "--folder".into(), folder.path().into()];
        let report = output(words).unwrap_err().to_string();
        insta::assert_snapshot!(report.replace(&format!("{}/", folder.path().display()), ""), @r#"
        error[env/type]: server.port: `APP_SERVER__PORT`: expected integer, found string "many"
         --> .env:1:1
          = help: write a whole number such as `10`

        1 error
        "#);
    }
}
