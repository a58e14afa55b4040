//! What counts depend on, beside the code.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

/// The versions of rustc and valgrind, the target, and the profile.
pub(crate) fn read() -> Result<BTreeMap<String, String>, String> {
    if cfg!(debug_assertions) {
        return Err("only optimised code is counted: build with --release".into());
    }
    let rustc = output_of("rustc", "-vV")?;
    let manifest = speckit_tests::workspace().join("Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).map_err(|error| error.to_string())?;
    let entries = [
        ("rustc", rustc.lines().next().unwrap_or_default().trim_start_matches("rustc ").into()),
        ("valgrind", output_of("valgrind", "--version")?.trim().trim_start_matches("valgrind-").into()),
        ("target", rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().into()),
        ("profile", release_profile(&manifest)?),
    ];
    Ok(entries.map(|(name, value)| (name.into(), value)).into())
}

fn output_of(program: &str, argument: &str) -> Result<String, String> {
    let output = Command::new(program).arg(argument).output();
    let output = output.map_err(|error| format!("{program} cannot be started: {error}"))?;
    String::from_utf8(output.stdout).map_err(|error| format!("{program} {argument}: {error}"))
}

/// The settings of the release profile in one line.
fn release_profile(manifest: &str) -> Result<String, String> {
    let manifest: Json = toml::from_str(manifest).map_err(|error| error.to_string())?;
    let settings = manifest["profile"]["release"].as_object().ok_or("Cargo.toml has no release profile")?;
    let setting = |(name, value): (&String, &Json)| match value {
        Json::String(text) => format!("{name} = {text}"),
        other => format!("{name} = {other}"),
    };
    Ok(settings.iter().map(setting).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_one_line_of_settings() {
        let manifest =
            "[profile.release]\ncodegen-units = 1\nlto = \"thin\"\n\n[profile.dev]\ndebug = false\n";
        assert_eq!(release_profile(manifest).as_deref(), Ok("codegen-units = 1, lto = thin"));
    }
}
