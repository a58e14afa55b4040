//! The options of the program in helps of the library, which does not know them.

/// The end of a way out that a help names, and the option that is another one, or the form of the same.
const OPTIONS: [(&str, &str); 7] = [
    ("or call the file `.jsonc`", ", or give --config-format jsonc"),
    ("call it `.toml`, `.json` or `.jsonc`", ", or give --config-format toml, json or jsonc"),
    ("a JSON file needs the extension `.json`", ", or give --config-format json"),
    ("map its address to the folder that has the document", ": --schema-map URL-PREFIX=DIR"),
    ("map the address of the meta-schema to the folder that has it", ": --schema-map URL-PREFIX=DIR"),
    ("set the intended key in a file, or by an override", ": --set KEY=VALUE"),
    ("name only the key, or set it to the value", ": --set KEY=VALUE"),
];

/// A help with the options of the program.
pub(super) fn with_options(help: &str) -> String {
    let named = OPTIONS.iter().find_map(|(way_out, option)| {
        let (before, after) = help.split_once(way_out)?;
        Some(format!("{before}{way_out}{option}{after}"))
    });
    named.unwrap_or_else(|| help.into())
}
