use alloc::string::String;
use alloc::vec::Vec;

use crate::config::source::{Language, parse};
use crate::tree::{LayerKind, Source};

/// `line:column message; help` of each error.
fn errors(text: &str) -> Vec<String> {
    let source = Source::document(LayerKind::File, "a.toml", text);
    let found = parse(&source, Language::Toml).unwrap_err();
    let shown = found.iter().map(|found| {
        let (line, column) = found.origin.as_ref().unwrap().line_column().unwrap();
        alloc::format!("{line}:{column} {}; {}", found.message, found.help.as_deref().unwrap_or_default())
    });
    shown.collect()
}

#[track_caller]
fn assert_errors(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(errors(text), [*expected], "{text:?}");
    }
}

#[test]
fn an_invisible_character_is_named_where_it_is() {
    assert_errors(&[
        (
            "a\u{a0}= 1\nb = 2\n",
            "1:2 an invisible character: U+00A0, a no-break space; write a plain space instead",
        ),
        ("a =\u{a0}1\n", "1:4 an invisible character: U+00A0, a no-break space; write a plain space instead"),
        (
            "a = 1\u{a0}\n",
            "1:6 an invisible character: U+00A0, a no-break space; write a plain space instead",
        ),
        (
            "a = [1,\u{3000}2]",
            "1:8 an invisible character: U+3000, an ideographic space; write a plain space instead",
        ),
        ("[a\u{200b}]", "1:3 an invisible character: U+200B, a zero-width space; remove it"),
        ("a = tr\u{200b}ue", "1:7 an invisible character: U+200B, a zero-width space; remove it"),
        (
            "a = 1\u{2028}b = 2",
            "1:6 an invisible character: U+2028, a line separator; end lines with LF or CR LF",
        ),
        (
            "a = 1\n\u{1a}",
            "2:1 an invisible character: U+001A, the end-of-file mark of DOS (Ctrl-Z); remove it",
        ),
        (
            "a = 1\n\u{feff}b = 2\n",
            "2:1 an invisible character: U+FEFF, a byte order mark inside the text; remove it; two files were joined, \
             if it begins a line",
        ),
        (
            "a = 1\n\0\0\0\n\0",
            "2:1 an invisible character: U+0000, NUL; also on 1 more line; save the file as UTF-8 text, or restore \
             it: it is UTF-16, or was cut off by a crash",
        ),
        ("ser\u{ad}vice = 1", "1:4 an invisible character: U+00AD, a soft hyphen; remove it"),
        ("a = \u{2212}1", "1:5 `−` (U+2212) looks like `-`; write `-`"),
        ("a \u{ff1d} 1", "1:3 `＝` (U+FF1D) looks like `=`; write `=`"),
    ]);
    // Quotes are missing, whatever the space is.
    assert_eq!(
        errors("a = hello\u{a0}world"),
        ["1:5 a string without quotes; put the string in quotes: key = \"text\""]
    );
}

#[test]
fn a_comment_of_another_format_is_one_finding() {
    const HELP: &str = "a comment of another format; a comment begins with `#`";
    for (text, place) in [
        ("; c\n", "1:1"),
        ("  ; c = 1\n", "1:3"),
        ("// c\n", "1:1"),
        ("a = 1 ; c\n", "1:7"),
        ("a = true // c\n", "1:10"),
        ("a = \"x\" // c = 3\n", "1:9"),
        ("[a] // c\n", "1:5"),
        ("/* c\n * two = 3\n * x: y\n */\na = 1\n", "1:1"),
        ("a = 1 /* c\n d */\nb = 1\n", "1:7"),
        ("<!-- c\n d -->\n", "1:1"),
        ("-- c\n", "1:1"),
        ("REM c\n", "1:1"),
        ("! c\n", "1:1"),
        ("l = [\n  1, // one\n  2,\n]\n", "2:6"),
    ] {
        assert_eq!(errors(text), [alloc::format!("{place} {HELP}")], "{text:?}");
    }
    assert_eq!(
        errors("a = x\n; one\nb = 1\n; two\n; three\n"),
        [
            "1:5 a string without quotes; put the string in quotes: key = \"text\"",
            "2:1 a comment of another format; also on 2 more lines; a comment begins with `#`"
        ]
    );
}

#[test]
fn punctuation_of_another_format_gets_the_help_that_ends_it() {
    const THOUSANDS: &str = "a number in groups of digits; write 1000 or 1_000 for a thousand";
    for (text, place) in [
        ("a = 1,000", "1:6"),
        ("a = -1,000.5", "1:7"),
        ("a = 1 000", "1:5"),
        ("a = 1'000", "1:5"),
        ("a = [1,000]", "1:8"),
    ] {
        assert_eq!(errors(text), [alloc::format!("{place} {THOUSANDS}")], "{text:?}");
    }
    assert_errors(&[
        ("a = 1,5", "1:6 a number with a comma; write a decimal number with a point, such as 1.5"),
        (
            "a = 1,\nb = \"x\",\n",
            "1:6 `,` after a value; also on 1 more line; remove it: the line ends the value",
        ),
        (
            "a = 1;\nb = 2;\n",
            "1:6 `;` after a value; also on 1 more line; remove it: the line ends the value",
        ),
        (
            "a = 1, 2",
            "1:6 several values for one key; put a list in brackets: key = [1, 2], and each key on a line of its own",
        ),
        ("[a]]", "1:4 one `]` too many; remove it"),
        ("a = [1]]", "1:8 one `]` too many; remove it"),
        ("a = { b = 1 }}", "1:14 one `}` too many; remove it"),
        ("a = [1,,2]", "1:8 a comma without a value before it; remove the comma, or write a value"),
        ("a == 1", "1:4 one `=` too many; write one `=` between key and value"),
        ("a := 1", "1:3 a sign before `=`; write `=` between key and value"),
        ("a => 1", "1:4 `=>` between key and value; write `=` between key and value"),
        (
            "server:\n  port: 80\n  list:\n",
            "1:7 `:` between key and value; also on 2 more lines; write `=` between key and value",
        ),
        ("---\na = 1\n", "1:1 a line of YAML; write `key = value`; YAML is not read"),
        (
            "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            "1:1 invalid key-value pair, expected key; TOML consists of `key = value` lines; a JSON file needs the \
             extension `.json`",
        ),
    ]);
}

#[test]
fn words_and_paths_of_other_formats_get_the_help_that_ends_it() {
    for text in [
        "a = null",
        "a = None\n",
        "a = nil # c",
        "a = NULL",
        "a = [1, null]",
        "a = { b = undefined }",
        "a = ~",
    ] {
        let found = errors(text);
        let help = "TOML has no null; leave the key out, or put `#` before it; leave an item of a list out";
        assert!(found.len() == 1 && found[0].ends_with(help), "{text}: {found:?}");
    }
    for text in ["a = yes", "a = No", "a = [on]", "a = OFF\nb = 1"] {
        let found = errors(text);
        let help = "write `true` or `false`, or put a string in quotes: key = \"text\"";
        assert!(found.len() == 1 && found[0].ends_with(help), "{text}: {found:?}");
    }
    for text in ["a = True", "a = FALSE", "a = [True]"] {
        assert!(errors(text)[0].ends_with("write `true` or `false` in lower case"), "{text}");
    }
    for text in ["a = nullable", "a = info", "a = nano", "a = no problem", "a = foo", "a = truly"] {
        assert!(errors(text)[0].contains("a string without quotes"), "{text}: {:?}", errors(text));
    }
    for text in ["a = \"C:\\Users\"", "a = \"d:\\data\"", "a = \"\\\\srv\\share\"", "a = [\"C:\\Users\", 1]"]
    {
        assert!(
            errors(text)[0].ends_with("have no escapes: key = 'C:\\folder'"),
            "{text}: {:?}",
            errors(text)
        );
    }
    assert!(errors("a = C:\\Users")[0].ends_with("in single quotes: key = 'text'"));
    assert!(errors("a = \"\\d\"")[0].contains("write a backslash as"));
}

#[test]
fn a_list_or_table_that_is_not_closed_is_one_error_where_it_should_be_closed() {
    let close = "unclosed list; close the list with `]` before this line";
    for (text, place) in [
        ("a = [1,\nb = 2\n", "2:1"),
        ("a = [1\nb.c = [2]\n", "2:1"),
        ("a = [1,\n\"b\" = 2\n", "2:5"),
        ("a = [\n  1,\n  # c\n\nb = 3\nc = [4]\n", "5:1"),
        ("a = [1,\n[t]\nx = 1\ny = 2\n", "2:2"),
        ("a = ['x'\n\n[t.u]\n\nx = 1\n", "3:1"),
    ] {
        assert_errors(&[(text, &alloc::format!("{place} {close}"))]);
    }
    let misspelt = errors("a = [ture,\nb = 2\n");
    assert_eq!(misspelt.len(), 2, "{misspelt:?}");
    assert!(
        misspelt[0].starts_with("1:6 a string without quotes;")
            && misspelt[1] == alloc::format!("2:1 {close}")
    );
    assert_errors(&[
        ("a = [1,", "1:8 unclosed array, expected `]`; close the list with `]`"),
        ("a = [1, b = 2\n", "1:9 unclosed list; close the list with `]` before the key"),
        ("a = {x = 1\nb = 2\n", "2:1 unclosed table; close the table with `}` before this line"),
        (
            "a = {x = 1 y = 2}\n",
            "1:10 missing comma between two keys; put a comma between two keys of a table",
        ),
    ]);
}

#[test]
fn an_equals_sign_is_not_always_that_of_a_second_key() {
    let key_in_list =
        "a key in a list; close the list with `]` before the key, or write a table: { key = 1 }";
    for (text, place) in [
        ("a = [1, b = 2]\n", "1:9"),
        ("a = [x = 1]\n", "1:6"),
        ("a = [1, \"b\" = 2]\n", "1:13"),
        ("a = [1,\nb = 2]\nc = 3\n", "2:1"),
    ] {
        assert_errors(&[(text, &alloc::format!("{place} {key_in_list}"))]);
    }
    let second_key = "1:5 two keys on one line; start a new line for the next key, or put a string in quotes";
    for text in ["a = 1 b = 2", "a = x b = 2", "a = x b.c= 'd'"] {
        assert_errors(&[(text, second_key)]);
    }
    let unquoted = "1:5 a string without quotes; put the string in quotes: key = \"text\"";
    for text in ["a = http://x?y=1\n", "a = key=value\n", "a = x = 1\n", "a = foo, b=1\n", "a = x 'b=c'\n"] {
        assert_errors(&[(text, unquoted)]);
    }
}
