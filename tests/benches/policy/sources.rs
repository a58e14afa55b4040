//! Generated source files, the same in every run.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use speckit_core::retry::{RandomStream, Seed};

use super::rules::RuleSet;

/// The median of the sizes. Their logarithms have a normal distribution, so that a few files have more than 100 KB.
const MEDIAN_BYTES: f64 = 6_000.0;
/// The standard deviation of the logarithms, as in the sources of crates.
const SPREAD: f64 = 1.1;
/// One of so many files breaks a rule.
const PLANTED_EVERY: usize = 500;
const FILES_IN_FOLDER: usize = 40;

/// The ending of a language, and lines of it; `$` is a name.
type Grammar = (&'static str, &'static [&'static str]);

const LANGUAGES: [Grammar; 5] = [
    (
        "rs",
        &[
            "/// Returns the $ of this $, or the default if there is none.",
            "pub(crate) fn $(&self, $: &str) -> Result<Option<$>, Error> {",
            "    let mut $ = self.$.iter().filter(|one| one.$ > 0).map(|one| one.$.clone()).collect::<Vec<_>>();",
            "    match $ {",
            "        Some($) if $.is_empty() => return Err(Error::new(\"the $ has no $\")),",
            "        _ => $.push($::default()),",
            "    }",
            "    // It's the $ that decides, not the $.",
            "}",
            "",
        ],
    ),
    (
        "py",
        &[
            "def $(self, $, $=None):",
            "    \"\"\"Return the $ of the $.\"\"\"",
            "    $ = [one.$ for one in self.$ if one is not None]",
            "    if $ is None or len($) > 10:",
            "        raise ValueError(f\"the $ {$!r} has no $\")",
            "    # the $ was checked by the caller",
            "    return self.$($, $=$['$'])",
            "",
        ],
    ),
    (
        "ts",
        &[
            "import { $, $ } from './$/$';",
            "export async function $($: string, options: Partial<$> = {}): Promise<$[]> {",
            "  const $ = await this.$.find(($) => $.id === options.$ ?? '$');",
            "  if (!$) throw new Error(`no $ for ${$}`);",
            "  /* the $ is kept, since $ may ask again */",
            "  return $.map(({ $ }) => ({ ...$, $: \"$\" }));",
            "}",
            "",
        ],
    ),
    (
        "go",
        &[
            "// $ returns the $ of a $.",
            "func (s *Server) $(ctx context.Context, $ string) ($, error) {",
            "\t$, err := s.$.Get(ctx, $)",
            "\tif err != nil {",
            "\t\treturn nil, fmt.Errorf(\"$ of $: %w\", err)",
            "\t}",
            "\tfor _, $ := range $ {",
            "\t\ts.$ = append(s.$, $)",
            "\t}",
            "\treturn $, nil",
            "}",
            "",
        ],
    ),
    (
        "sh",
        &[
            "# Copies the $ to the $.",
            "$() {",
            "    local $=\"${1:-$}\"",
            "    if [ ! -d \"$\" ]; then",
            "        echo \"the $ isn't there\" >&2",
            "        return 1",
            "    fi",
            "    find \"$\" -name '*.$' | while read -r $; do cp \"$\" /tmp/$; done",
            "}",
            "",
        ],
    ),
];

const WORDS: [&str; 32] = [
    "account", "address", "batch", "buffer", "cache", "channel", "client", "config", "content", "cursor",
    "entry", "event", "field", "filter", "header", "index", "item", "job", "key", "layer", "message", "node",
    "offset", "option", "parser", "policy", "record", "request", "result", "session", "store", "token",
];

/// Writes so many files, and returns how many of them break one of the three rules, once each.
pub(crate) fn write(folder: &Path, files: usize) -> usize {
    let mut random = Seed::new(20_260_101).stream("sources");
    let mut planted = 0;
    for number in 0..files {
        let grammar = LANGUAGES[number % LANGUAGES.len()];
        let broken = (number % PLANTED_EVERY == 0).then(|| RuleSet::broken(number / PLANTED_EVERY));
        planted += usize::from(broken.is_some());
        let text = text(&mut random, grammar, broken);
        let group = number / FILES_IN_FOLDER;
        let folder = folder.join(format!("package_{}/{}_{group}", group / 10, WORDS[group % WORDS.len()]));
        fs::create_dir_all(&folder).expect("there is room for a folder");
        let name = format!("{}_{number}.{}", word(&mut random), grammar.0);
        fs::write(folder.join(name), text).expect("there is room for a file");
    }
    planted
}

/// A text of a random length, with the broken line in its middle.
pub(crate) fn text(random: &mut RandomStream, (_, lines): Grammar, broken: Option<&str>) -> String {
    let length = (MEDIAN_BYTES * (SPREAD * normal(random)).exp()) as usize;
    let mut text = String::with_capacity(length + 200);
    let mut broken = broken;
    for line in lines.iter().cycle() {
        if text.len() >= length {
            break;
        }
        for (index, part) in line.split('$').enumerate() {
            if index > 0 {
                // Writing to a string does not fail.
                let _ = write!(text, "{}_{}", word(random), word(random));
            }
            text.push_str(part);
        }
        text.push('\n');
        if text.len() >= length / 2 && line.is_empty() {
            broken.take().into_iter().for_each(|line| text = format!("{text}{line}\n"));
        }
    }
    broken.into_iter().for_each(|line| text = format!("{text}{line}\n"));
    text
}

fn word(random: &mut RandomStream) -> &'static str {
    WORDS[random.up_to(WORDS.len() as u64 - 1) as usize]
}

/// A number of the standard normal distribution, nearly: the sum of twelve uniform ones.
fn normal(random: &mut RandomStream) -> f64 {
    (0..12).map(|_| random.up_to(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
}
