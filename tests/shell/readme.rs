//! Every block of the README is run: its program is compiled, and its commands print what the README shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use speckit_tests::workspace;

/// The commands of a `console` block, each with the output that follows it.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut here_document = false;
    for line in block.lines() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => {
                here_document = command.ends_with("<<'END'");
                all.push((command.to_owned() + "\n", String::new()));
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
    all
}

fn run(command: &str, folder: &Path) -> String {
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

/// The text with `/home/ann` for the folder, and lines with a time (`3 ms`) without it and without their columns.
fn comparable(text: &str, folder: &Path) -> String {
    let is_time = |words: &[&str]| words[0].parse::<f64>().is_ok() && ["ms", "s"].contains(&words[1]);
    let line = |line: &str| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        match words.windows(2).position(is_time) {
            Some(at) => {
                words.drain(at..at + 2);
                words.join(" ") + "\n"
            }
            None => line.to_owned() + "\n",
        }
    };
    text.replace(&folder.display().to_string(), "/home/ann").lines().map(line).collect()
}

/// The Rust program of the README is the one that `cargo run` stands for in its commands.
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
    // `cargo run` means the program of the README.
    for (name, program) in [
        ("speckit", env!("CARGO_BIN_EXE_speckit-under-test")),
        ("cargo", env!("CARGO_BIN_EXE_speckit-readme")),
    ] {
        std::os::unix::fs::symlink(program, folder.path().join(".bin").join(name)).unwrap();
    }
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let mut shown = String::new();
    let mut ran = String::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for (command, output) in commands(block) {
            shown += &format!("$ {command}{output}");
            ran += &format!("$ {command}{}", run(&command, folder.path()));
        }
    }
    assert!(shown.matches("\n$ ").count() >= 8, "{shown}");
    let (shown, ran) = (comparable(&shown, folder.path()), comparable(&ran, folder.path()));
    assert!(shown == ran, "the README shows\n{shown}\nand the commands give\n{ran}");
}
