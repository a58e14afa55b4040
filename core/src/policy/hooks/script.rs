//! The script of a hook.

use alloc::format;
use alloc::vec::Vec;

use super::name::HookName;
use crate::tree::Fingerprint;

/// The version of the scripts. A program runs the scripts of every earlier version.
const VERSION: u32 = 1;
const FIRST_LINE: &[u8] = b"#!/bin/sh\n";
const MARK: &str = "# speckit hook ";
const PROGRAM: &[u8] = b"installed='";

/// With this variable a script only reports that it runs.
pub const PROBE_VARIABLE: &str = "SPECKIT_HOOK_PROBE";

/// The script of a hook that calls the program with this absolute path.
///
/// It is for a POSIX shell. The hook that was there before runs first, with the same arguments and standard input.
pub fn hook_script(name: HookName, program: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(b"# Written by `speckit policy hooks install`; `speckit policy hooks uninstall` restores the hook from before.\n");
    body.extend(PROGRAM);
    for byte in program {
        match byte {
            b'\'' => body.extend(b"'\\''"),
            byte => body.push(*byte),
        }
    }
    body.extend(b"'\n");
    let commands = BODY.replace("{run}", if name == HookName::PrePush { RUN_WITH_INPUT } else { RUN });
    body.extend(commands.replace("{name}", name.as_str()).replace("{bypass}", name.bypass()).bytes());
    let mut script = FIRST_LINE.to_vec();
    script.extend(format!("{MARK}{VERSION} {name} {}\n", Fingerprint::of_bytes(&body)).bytes());
    script.extend(body);
    script
}

const BODY: &str = r#"program=$installed
if [ ! -f "$program" ] || [ ! -x "$program" ]; then
    program=$(command -v speckit) || program=
fi
if [ -n "${SPECKIT_HOOK_PROBE:-}" ]; then
    if [ -n "$program" ]; then echo 'speckit hook {name}: ready'; else echo 'speckit hook {name}: no program'; fi
    exit 0
fi
case $0 in
    */*) former=${0%/*}/{name}.before-speckit ;;
    *) former=./{name}.before-speckit ;;
esac
is_missing() {
    [ -n "$program" ] && return 1
    printf '%s\n' "speckit: nothing is checked: '$installed' is missing, and PATH has no speckit" >&2
    printf '%s\n' 'help: `speckit policy hooks install` writes this hook anew; `{bypass}` goes on without it, once' >&2
}
{run}"#;

/// For hooks whose standard input is empty, or nothing that they read.
const RUN: &str = r#"if [ -f "$former" ] && [ -x "$former" ]; then
    "$former" "$@" || exit $?
fi
is_missing && exit 1
exec "$program" policy hooks run {name} -- "$@"
"#;

/// Both hooks read the whole standard input. The text after the last line end is in `line` when `read` fails.
const RUN_WITH_INPUT: &str = r#"input=
while IFS= read -r line; do
    input=$input$line'
'
done
input=$input$line
if [ -f "$former" ] && [ -x "$former" ]; then
    printf '%s' "$input" 2>/dev/null | "$former" "$@" || exit $?
fi
is_missing && exit 1
printf '%s' "$input" | "$program" policy hooks run {name} -- "$@"
"#;

/// What a file says that is a script of speckit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookScript {
    /// The hook that it was written for.
    pub name: HookName,
    /// The program that it calls.
    pub program: Vec<u8>,
    /// Whether it has been changed since it was written.
    pub is_edited: bool,
}

impl HookScript {
    /// Recognises a script of any version; `None` for another file.
    pub fn read(file: &[u8]) -> Option<Self> {
        let rest = file.strip_prefix(FIRST_LINE)?.strip_prefix(MARK.as_bytes())?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (about, body) = rest.split_at_checked(end)?;
        let body = body.strip_prefix(b"\n")?;
        let mut words = core::str::from_utf8(about).ok()?.split(' ');
        let _version: u32 = words.next()?.parse().ok()?;
        let name = words.next()?.parse().ok()?;
        let is_edited = words.next() != Some(&*format!("{}", Fingerprint::of_bytes(body)));
        Some(Self { name, program: installed_program(body).unwrap_or_default(), is_edited })
    }
}

/// The text in the quotes of the shell after `installed=`.
fn installed_program(body: &[u8]) -> Option<Vec<u8>> {
    let at = body.windows(PROGRAM.len()).position(|bytes| bytes == PROGRAM)?;
    let mut rest = body.get(at + PROGRAM.len()..)?;
    let mut program = Vec::new();
    loop {
        let quote = rest.iter().position(|byte| *byte == b'\'')?;
        program.extend(rest.get(..quote)?);
        match rest.get(quote..)?.strip_prefix(b"'\\''") {
            Some(after) => rest = after,
            None => return Some(program),
        }
        program.push(b'\'');
    }
}

/// What a script answers to [`PROBE_VARIABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It ran, and has a program to call.
    Ready,
    /// It ran, and neither the installed program nor one in `PATH` exists.
    NoProgram,
    /// It did not run.
    Silent,
}

/// Finds the answer of a script in the output of git.
pub fn read_probe(name: HookName, output: &str) -> ProbeAnswer {
    let prefix = format!("speckit hook {name}: ");
    match output.lines().find_map(|line| line.strip_prefix(&*prefix)) {
        Some("ready") => ProbeAnswer::Ready,
        Some(_) => ProbeAnswer::NoProgram,
        None => ProbeAnswer::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    const PROGRAM_PATH: &[u8] = b"/opt/it's a \"$program\"\n\\ \xff/speckit";

    #[test]
    fn a_script_is_recognised_with_its_name_and_its_program() {
        for name in HookName::ALL {
            let read = HookScript::read(&hook_script(name, PROGRAM_PATH)).unwrap();
            assert_eq!(read, HookScript { name, program: PROGRAM_PATH.to_vec(), is_edited: false });
        }
    }

    #[test]
    fn an_added_line_is_an_edit() {
        let mut script = hook_script(HookName::PrePush, b"/speckit");
        script.extend(b"echo more\n");
        assert!(HookScript::read(&script).unwrap().is_edited);
    }

    #[test]
    fn scripts_of_others_are_not_ours() {
        for other in
            ["", "#!/bin/sh\n", "#!/bin/sh\nexec speckit\n", "#!/bin/sh\n# speckit hook x pre-commit 1\n"]
        {
            assert_eq!(HookScript::read(other.as_bytes()), None);
        }
        assert_eq!(HookScript::read(b"#!/bin/bash\n# speckit hook 1 pre-commit 1\n"), None);
    }

    #[test]
    fn no_place_of_the_script_is_left_open() {
        for name in HookName::ALL {
            let script = String::from_utf8(hook_script(name, b"/speckit")).unwrap();
            assert!(!script.contains("{name}") && !script.contains("{run}") && !script.contains("{bypass}"));
            assert!(script.contains(PROBE_VARIABLE) && script.contains(&name.former()));
        }
    }

    #[test]
    fn the_answer_stands_among_what_git_says() {
        let answer = |output| read_probe(HookName::PrePush, output);
        assert_eq!(answer("hint: x\nspeckit hook pre-push: ready\n"), ProbeAnswer::Ready);
        assert_eq!(answer("speckit hook pre-push: no program"), ProbeAnswer::NoProgram);
        assert_eq!(answer("speckit hook pre-commit: ready"), ProbeAnswer::Silent);
    }
}
