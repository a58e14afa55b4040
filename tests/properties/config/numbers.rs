//! Numbers are printed with every digit of their value, whatever their size.

use proptest::prelude::*;
use speckit_core::config::source::{Language, parse};
use speckit_core::tree::print::to_toml;
use speckit_core::{Kind, LayerKind, Number, Source, Value};

const LANGUAGES: [Language; 2] = [Language::Json, Language::Toml];

fn read(language: Language, number: &str) -> Value {
    let text = match language {
        Language::Json | Language::Jsonc => format!("{{\"n\": {number}}}"),
        Language::Toml => format!("n = {number}\n"),
    };
    parse(&Source::document(LayerKind::File, "a", text), language).unwrap().root().clone()
}

fn number(tree: &Value) -> &Number {
    let Kind::Number(number) = tree.member("n").unwrap().kind() else { unreachable!() };
    number
}

/// The number of a tree as each language prints it.
fn printed(tree: &Value) -> [(Language, String); 2] {
    let json = serde_json::to_string(tree).unwrap();
    let toml = to_toml(tree);
    [
        (
            Language::Json,
            json.strip_prefix("{\"n\":").and_then(|rest| rest.strip_suffix('}')).unwrap().into(),
        ),
        (Language::Toml, toml.strip_prefix("n = ").unwrap().trim_end().into()),
    ]
}

proptest! {
    #[test]
    fn a_number_is_read_as_it_was_printed(
        text in "-?(0|[1-9][0-9]{0,60})(\\.[0-9]{1,40})?([eE][+-]?(0|[1-9][0-9]{0,4}))?",
    ) {
        for from in LANGUAGES {
            let tree = read(from, &text);
            prop_assert!(number(&tree).same(&Number::parse(&text).unwrap()));
            for (to, printed) in printed(&tree) {
                let again = read(to, &printed);
                prop_assert!(number(&again).same(number(&tree)), "{text} {printed}");
                prop_assert_eq!(number(&again).to_string(), number(&tree).to_string());
            }
        }
    }

    #[test]
    fn a_whole_number_is_printed_as_its_digits(text in "-?[1-9][0-9]{0,60}0{0,40}") {
        for tree in LANGUAGES.map(|from| read(from, &text)) {
            for (_, printed) in printed(&tree) {
                prop_assert_eq!(&printed, &text);
            }
        }
    }

    #[test]
    fn digits_with_a_base_are_printed_as_a_decimal(value in 0..i128::MAX) {
        for text in [format!("0x{value:x}"), format!("0o{value:o}"), format!("0b{value:b}")] {
            for (_, printed) in printed(&read(Language::Toml, &text)) {
                prop_assert_eq!(printed, value.to_string());
            }
        }
    }
}

#[test]
fn the_value_is_kept_and_not_the_spelling() {
    for (text, expected) in [
        ("1.10", "1.1"),
        ("1.0", "1.0"),
        ("1E5", "100000.0"),
        ("0x10", "16"),
        ("1_000", "1000"),
        ("+1", "1"),
        ("-0.0", "-0.0"),
        ("1e400", "1e400"),
        ("1.0000000000000000000001", "1.0000000000000000000001"),
        ("10000000000000000000", "10000000000000000000"),
    ] {
        for (_, printed) in printed(&read(Language::Toml, text)) {
            assert_eq!(printed, expected, "{text}");
        }
    }
}
