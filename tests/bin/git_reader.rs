//! Shows what the library reads from git: `staged`, `range A..B`, or `pushed` with the lines on stdin. `install PROGRAM` installs the
//! hooks for a program.
//!
//! Each file is a line `MODE PATH CONTENT`, path and content in hexadecimal digits; the content of one that is not read is its kind.
//! The last line counts the skipped entries. An error is printed on stderr, as in a test's expectation: its `Debug` form.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use speckit::policy::{Content, GitError, GitHooks, GitRepository, HookName};

/// Larger files count as too large.
const MAX_BYTES: u64 = 1 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, program] = &arguments[..]
        && command == "install"
    {
        let repository = GitRepository::discover(Path::new(".")).expect("there is a repository");
        let hooks = GitHooks::of(&repository).expect("git says where the hooks are");
        hooks.install(&HookName::ALL, Path::new(program)).expect("the hooks can be installed");
        return ExitCode::SUCCESS;
    }
    match read(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:?}\n{error}\n{}", error.help());
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[&str]) -> Result<String, GitError> {
    let repository = GitRepository::discover(Path::new("."))?;
    let changes = match arguments {
        ["staged"] => repository.staged()?,
        ["range", range] => repository.range(range)?,
        ["pushed"] => {
            let mut input = Vec::new();
            std::io::stdin().read_to_end(&mut input).expect("stdin can be read");
            repository.pushed(&input)?
        }
        _ => panic!("unknown arguments {arguments:?}"),
    };
    let mut text = String::new();
    for content in repository.contents(&changes, MAX_BYTES)? {
        let (file, content) = content?;
        let content = match content {
            Content::Bytes(bytes) => hex(&bytes),
            other => format!("{other:?}"),
        };
        writeln!(text, "{:?} {} {content}", file.mode, hex(&file.path_bytes)).expect("a string takes it");
    }
    let skipped = changes.skipped;
    writeln!(text, "skipped {} {}", skipped.symlinks, skipped.submodules).expect("a string takes it");
    Ok(text)
}

fn hex(bytes: &[u8]) -> String {
    // An empty one would be no word.
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x{digits}")
}
