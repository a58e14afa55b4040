//! The README is correct: every command of its tour is run, and prints what the README shows.

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

#[cfg(unix)]
#[test]
fn every_command_of_the_tour_prints_what_the_readme_shows() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".bin")).unwrap();
    let program = env!("CARGO_BIN_EXE_speckit-under-test");
    std::os::unix::fs::symlink(program, folder.path().join(".bin/speckit")).unwrap();
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
    assert!(shown.matches("$ speckit").count() >= 5, "{shown}");
    assert!(shown == ran, "the README shows\n{shown}\nand the commands give\n{ran}");
}
