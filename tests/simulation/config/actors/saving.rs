//! How files are written, and by whom.

use std::collections::BTreeMap;

use speckit_tests::fakes::Random;

use super::{Diary, write};
use crate::config::program::{APP, BASE, CANARY, CONF_D, FOLDER, SCHEMA, SCHEMA_FILE, TOKEN_FILE};
use crate::config::steps::FileChange;
use crate::config::texts;

const DROP_INS: [&str; 4] = ["10-a.toml", "20-b.toml", ".hidden.toml", "notes.txt"];
/// Between two parts of one saving, in milliseconds.
const PAUSES: [u64; 7] = [0, 1, 15, 80, 300, 900, 2500];

/// The folder of one version of a mounted file, and the swap to it.
pub(super) fn mount(version: usize, app: String) -> Vec<FileChange> {
    let folder = format!("{FOLDER}/..v{version}");
    vec![
        FileChange::MakeFolder { path: folder.clone() },
        write(format!("{folder}/app.toml"), app),
        FileChange::Link { path: format!("{FOLDER}/..data"), target: format!("..v{version}") },
    ]
}

/// Writes the schema: rightly, more tightly, or as what is no schema.
pub(super) fn schemas(random: &mut Random, diary: &mut Diary) {
    for at in diary.times(random, 1500..=9000) {
        let text = match random.below(8) {
            0 => "[".into(),
            1 => SCHEMA.replace("\"maximum\": 100", "\"maximum\": \"high\""),
            2 | 3 => SCHEMA.replace("\"maximum\": 100", "\"maximum\": 60"),
            _ => SCHEMA.into(),
        };
        save(random, diary, at, SCHEMA_FILE, &text);
    }
}

/// Saves in every way that editors and people do.
pub(super) fn editor(random: &mut Random, diary: &mut Diary) {
    let mut last: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut at = random.below(2000);
    while at < diary.end {
        let path = random.pick(&[BASE, APP, APP, APP, TOKEN_FILE]);
        let history = last.entry(path).or_default();
        let text = match (random.below(10), history.last()) {
            _ if path == TOKEN_FILE => texts::token(random),
            (0, Some(text)) => format!("{}{text}", texts::comment(random)),
            (1, Some(text)) => text.clone(),
            (2, Some(_)) => random.pick(history),
            _ => texts::document(random),
        };
        history.push(text.clone());
        at = save(random, diary, at, path, &text);
        at += if random.chance(40) { random.below(60) } else { random.between(200..=5000) };
    }
}

/// Saves a text, and says when that is done.
fn save(random: &mut Random, diary: &mut Diary, at: u64, path: &str, text: &str) -> u64 {
    match random.below(12) {
        0..=3 => {
            let from = format!("{path}~");
            diary.change(at, write(&from, text));
            diary.change(at + 1, FileChange::Rename { from, to: path.into() });
            at + 1
        }
        4 | 5 => {
            diary.change(at, write(path, text));
            at
        }
        6 | 7 => {
            diary.change(at, FileChange::Truncate { path: path.into() });
            parts(random, diary, at, path, text)
        }
        8 => {
            diary.change(at, FileChange::Remove { path: path.into() });
            let at = at + random.pick(&[0, 5, 400, 1000, 1999, 2600]);
            diary.change(at, write(path, text));
            at
        }
        9 => {
            diary.change(at, FileChange::Touch { path: path.into() });
            at
        }
        10 => {
            diary.change(at, FileChange::Garble { path: path.into() });
            let at = at + random.pick(&PAUSES);
            diary.change(at, write(path, text));
            at
        }
        _ => {
            diary.change(at, FileChange::Forbid { path: path.into() });
            let at = at + random.pick(&PAUSES);
            diary.change(at, FileChange::Allow { path: path.into() });
            at
        }
    }
}

/// Adds a text to an empty file, part by part.
///
/// Another actor may write the file meanwhile, and then a secret is at a key that no schema marks as one. So a
/// text with a secret stops in the middle of that, if nothing can be read, and is written as a whole later.
fn parts(random: &mut Random, diary: &mut Diary, mut at: u64, path: &str, text: &str) -> u64 {
    let mut rest = text;
    if path != TOKEN_FILE
        && let Some(secret) = text.find(CANARY)
    {
        at += random.pick(&PAUSES);
        diary
            .change(at, FileChange::Append { path: path.into(), text: text[..secret + CANARY.len()].into() });
        at += random.pick(&PAUSES);
        diary.change(at, write(path, text));
        rest = "";
    }
    while !rest.is_empty() {
        let bound = u64::try_from(rest.len()).expect("a length");
        let cut = usize::try_from(random.between(1..=bound)).expect("an index");
        let cut = (cut..=rest.len()).find(|cut| rest.is_char_boundary(*cut)).expect("the end is one");
        let (part, later) = rest.split_at(cut);
        at += random.pick(&PAUSES);
        diary.change(at, FileChange::Append { path: path.into(), text: part.into() });
        rest = later;
    }
    at
}

/// Puts files into the folder and takes them away, and sometimes the folder.
pub(super) fn drop_ins(random: &mut Random, diary: &mut Diary) {
    for at in diary.times(random, 500..=8000) {
        let path = format!("{CONF_D}/{}", random.pick(&DROP_INS));
        match random.below(8) {
            0..=3 => diary.change(at, write(path, texts::document(random))),
            4 | 5 => diary.change(at, FileChange::Remove { path }),
            6 => {
                diary.change(at, FileChange::RemoveFolder { path: CONF_D.into() });
                let at = at + random.pick(&[1, 700, 2500]);
                diary.change(at, FileChange::MakeFolder { path: CONF_D.into() });
                diary.change(at + random.below(50), write(path, texts::document(random)));
            }
            _ => {
                diary.change(at, FileChange::Forbid { path: CONF_D.into() });
                diary.change(at + random.below(1500), FileChange::Allow { path: CONF_D.into() });
            }
        }
    }
}

/// Swaps the link that leads to the mounted file, as Kubernetes does.
pub(super) fn kubelet(random: &mut Random, diary: &mut Diary) {
    for (before, mut at) in diary.times(random, 2000..=9000).into_iter().enumerate() {
        for change in mount(before + 1, texts::document(random)) {
            diary.change(at, change);
            at += random.below(4);
        }
        diary.change(at, FileChange::RemoveFolder { path: format!("{FOLDER}/..v{before}") });
        if random.chance(20) {
            diary.change(at + 1, FileChange::Link { path: APP.into(), target: "..data/app.toml".into() });
        }
    }
}
