//! Runs a hot path under callgrind.

use std::process::Command;

use super::hot_paths::HotPath;

/// The instructions of one call of the hot path, without its preparation.
pub(crate) fn instructions(hot_path: &HotPath) -> Result<u64, String> {
    let name = hot_path.name;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let profile = folder.path().join("profile");
    let mut command = Command::new("valgrind");
    // The length of the environment moves the stack, and copies of memory depend on its alignment.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.arg("--tool=callgrind").arg(format!("--toggle-collect={}", hot_path.function));
    command.arg(format!("--callgrind-out-file={}", profile.display()));
    command.arg(std::env::current_exe().map_err(|error| error.to_string())?).args(["call", name]);
    let output = command.output().map_err(|error| format!("valgrind cannot be started: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed under valgrind ({}):\n{stderr}", output.status));
    }
    let profile = std::fs::read_to_string(profile).map_err(|error| format!("{name}: no profile: {error}"))?;
    total(&profile).ok_or_else(|| format!("{name}: the profile has no total"))
}

/// The instructions of a profile in callgrind's format.
fn total(profile: &str) -> Option<u64> {
    profile.lines().find_map(|line| line.strip_prefix("summary: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_summary_of_the_profile() {
        let profile =
            "# callgrind format\nversion: 1\nevents: Ir\nsummary: 4265940\n\nfn=(1) a\n1 2\n\ntotals: 7\n";
        assert_eq!(total(profile), Some(4_265_940));
    }

    #[test]
    fn a_profile_without_a_summary_has_no_total() {
        assert_eq!(total("# callgrind format\nfn=(1) a\n"), None);
    }
}
