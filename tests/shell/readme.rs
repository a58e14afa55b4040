//! The program in the README compiles, and its commands print what the README shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use speckit_tests::workspace;

/// The commands of a `console` block, each with the output that follows it.
fn parse_commands(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut here_document = false;
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => {
                here_document = command.ends_with("<<'END'");
                commands.push((command.to_owned() + "\n", String::new()));
            }
            (None, Some((command, _))) if here_document => {
                command.push_str(line);
                command.push('\n');
                here_document = line != "END";
            }
            (None, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    commands
}

fn run_command(command: &str, folder: &Path) -> String {
    let path = format!("{}:{}", folder.join(".bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{command}"))
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// `cargo run` in the commands of the README means the Rust program in the README.
#[test]
fn the_program_of_the_readme_is_compiled() {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let shown: Vec<&str> =
        readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let source = fs::read_to_string(workspace().join("tests/bin/readme.rs")).unwrap();
    let (_, program) = source.split_once("\n\n").unwrap();
    assert_eq!(shown, [program]);
}

#[cfg(unix)]
#[test]
fn every_command_of_the_readme_prints_what_the_readme_shows() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".bin")).unwrap();
    // `cargo run` runs the program of the README.
    for (name, program) in [
        ("speckit", env!("CARGO_BIN_EXE_speckit-under-test")),
        ("cargo", env!("CARGO_BIN_EXE_speckit-readme")),
    ] {
        std::os::unix::fs::symlink(program, folder.path().join(".bin").join(name)).unwrap();
    }
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let mut shown = String::new();
    let mut printed = String::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for (command, output) in parse_commands(block) {
            shown += &format!("$ {command}{output}");
            printed += &format!("$ {command}{}", run_command(&command, folder.path()));
        }
    }
    assert!(shown.matches("\n$ ").count() >= 8, "{shown}");
    assert!(shown == printed, "the README shows\n{shown}\nand the commands print\n{printed}");
}
