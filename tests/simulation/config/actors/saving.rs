//! The actors that write files.

use std::collections::BTreeMap;

use speckit_tests::fakes::Random;

use super::{PlanBuilder, write};
use crate::config::program::{APP, BASE, CANARY, CONF_D, FOLDER, SCHEMA, SCHEMA_FILE, TOKEN_FILE};
use crate::config::steps::FileChange;
use crate::config::texts;

const DROP_INS: [&str; 4] = ["10-a.toml", "20-b.toml", ".hidden.toml", "notes.txt"];
/// The pauses between two parts of one save, in milliseconds.
const PAUSES_MS: [u64; 7] = [0, 1, 15, 80, 300, 900, 2500];

/// Creates the folder of one version of a mounted file, and points the link to it.
pub(super) fn mount(version: usize, app: String) -> Vec<FileChange> {
    let folder = format!("{FOLDER}/..v{version}");
    vec![
        FileChange::CreateFolder { path: folder.clone() },
        write(format!("{folder}/app.toml"), app),
        FileChange::Link { path: format!("{FOLDER}/..data"), target: format!("..v{version}") },
    ]
}

/// Writes the schema: the original one, a stricter one, or an invalid one.
pub(super) fn edit_schema(random: &mut Random, builder: &mut PlanBuilder) {
    for at in builder.random_times(random, 1500..=9000) {
        let text = match random.below(8) {
            0 => "[".into(),
            1 => SCHEMA.replace("\"maximum\": 100", "\"maximum\": \"high\""),
            2 | 3 => SCHEMA.replace("\"maximum\": 100", "\"maximum\": 60"),
            _ => SCHEMA.into(),
        };
        save(random, builder, at, SCHEMA_FILE, &text);
    }
}

/// Saves files in all the ways of editors.
pub(super) fn edit_files(random: &mut Random, builder: &mut PlanBuilder) {
    let mut versions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut at = random.below(2000);
    while at < builder.end {
        let path = random.pick(&[BASE, APP, APP, APP, TOKEN_FILE]);
        let history = versions.entry(path).or_default();
        let text = match (random.below(10), history.last()) {
            _ if path == TOKEN_FILE => texts::token(random),
            (0, Some(text)) => format!("{}{text}", texts::comment(random)),
            (1, Some(text)) => text.clone(),
            (2, Some(_)) => random.pick(history),
            _ => texts::document(random),
        };
        history.push(text.clone());
        at = save(random, builder, at, path, &text);
        at += if random.chance(40) { random.below(60) } else { random.between(200..=5000) };
    }
}

/// Saves a text, and returns the time at which it is complete.
fn save(random: &mut Random, builder: &mut PlanBuilder, at: u64, path: &str, text: &str) -> u64 {
    match random.below(12) {
        0..=3 => {
            let from = format!("{path}~");
            builder.add_change(at, write(&from, text));
            builder.add_change(at + 1, FileChange::Rename { from, to: path.into() });
            at + 1
        }
        4 | 5 => {
            builder.add_change(at, write(path, text));
            at
        }
        6 | 7 => {
            builder.add_change(at, FileChange::Truncate { path: path.into() });
            append_parts(random, builder, at, path, text)
        }
        8 => {
            builder.add_change(at, FileChange::Remove { path: path.into() });
            let at = at + random.pick(&[0, 5, 400, 1000, 1999, 2600]);
            builder.add_change(at, write(path, text));
            at
        }
        9 => {
            builder.add_change(at, FileChange::Touch { path: path.into() });
            at
        }
        10 => {
            builder.add_change(at, FileChange::WriteInvalidUtf8 { path: path.into() });
            let at = at + random.pick(&PAUSES_MS);
            builder.add_change(at, write(path, text));
            at
        }
        _ => {
            builder.add_change(at, FileChange::Forbid { path: path.into() });
            let at = at + random.pick(&PAUSES_MS);
            builder.add_change(at, FileChange::Allow { path: path.into() });
            at
        }
    }
}

/// Appends a text to an empty file, part by part.
///
/// If another actor writes the file meanwhile, a secret may get to a key that no schema marks as secret. So a text with a
/// secret is cut within the secret, where it cannot be parsed, and written as a whole later.
fn append_parts(random: &mut Random, builder: &mut PlanBuilder, mut at: u64, path: &str, text: &str) -> u64 {
    let mut remaining = text;
    if path != TOKEN_FILE
        && let Some(secret) = text.find(CANARY)
    {
        at += random.pick(&PAUSES_MS);
        builder.add_change(
            at,
            FileChange::Append { path: path.into(), text: text[..secret + CANARY.len()].into() },
        );
        at += random.pick(&PAUSES_MS);
        builder.add_change(at, write(path, text));
        remaining = "";
    }
    while !remaining.is_empty() {
        let bound = u64::try_from(remaining.len()).expect("a length");
        let cut = usize::try_from(random.between(1..=bound)).expect("an index");
        let cut = (cut..=remaining.len())
            .find(|cut| remaining.is_char_boundary(*cut))
            .expect("the end is a boundary");
        let (part, rest) = remaining.split_at(cut);
        at += random.pick(&PAUSES_MS);
        builder.add_change(at, FileChange::Append { path: path.into(), text: part.into() });
        remaining = rest;
    }
    at
}

/// Adds files to the folder and removes them, and sometimes removes the folder.
pub(super) fn edit_drop_ins(random: &mut Random, builder: &mut PlanBuilder) {
    for at in builder.random_times(random, 500..=8000) {
        let path = format!("{CONF_D}/{}", random.pick(&DROP_INS));
        match random.below(8) {
            0..=3 => builder.add_change(at, write(path, texts::document(random))),
            4 | 5 => builder.add_change(at, FileChange::Remove { path }),
            6 => {
                builder.add_change(at, FileChange::RemoveFolder { path: CONF_D.into() });
                let at = at + random.pick(&[1, 700, 2500]);
                builder.add_change(at, FileChange::CreateFolder { path: CONF_D.into() });
                builder.add_change(at + random.below(50), write(path, texts::document(random)));
            }
            _ => {
                builder.add_change(at, FileChange::Forbid { path: CONF_D.into() });
                builder.add_change(at + random.below(1500), FileChange::Allow { path: CONF_D.into() });
            }
        }
    }
}

/// Replaces the link to the mounted file, as Kubernetes does.
pub(super) fn update_mount(random: &mut Random, builder: &mut PlanBuilder) {
    for (before, mut at) in builder.random_times(random, 2000..=9000).into_iter().enumerate() {
        for change in mount(before + 1, texts::document(random)) {
            builder.add_change(at, change);
            at += random.below(4);
        }
        builder.add_change(at, FileChange::RemoveFolder { path: format!("{FOLDER}/..v{before}") });
        if random.chance(20) {
            builder
                .add_change(at + 1, FileChange::Link { path: APP.into(), target: "..data/app.toml".into() });
        }
    }
}
