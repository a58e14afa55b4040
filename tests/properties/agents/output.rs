//! Laws of reading the output of agents in its forms.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};
use speckit_core::Key;
use speckit_core::agents::OutputMode;
use speckit_core::agents::consensus::{
    AnswerScanner, JsonPointer, NoAnswer, OutputReader, OutputReading, answer,
};
use speckit_core::config::redact::Masks;

const PLACES: [&str; 7] = ["", "/a", "/a/b", "/a/0/b", "/b", "/~1~0", "/c"];

fn value() -> impl Strategy<Value = Json> {
    let texts = [
        "",
        "so {\"verdict\": \"yes\"} it is",
        "```json\n{\"verdict\":\"no\"}\n```",
        "ä \u{1f600} \\ \" \u{7f} {\"verdict\": 1}",
        "no answer",
    ];
    let numbers = [json!(0), json!(-0.0), json!(0.001), json!(1e300), json!(-12), json!(u64::MAX)];
    let leaf = prop_oneof![
        4 => select(texts.to_vec()).prop_map(Json::from),
        2 => select(numbers.to_vec()),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
        1 => Just(json!({"verdict": "inner"})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = || select(&["a", "b", "c", "/~", "verdict", "", "\u{e4}"][..]);
        prop_oneof![
            2 => vec((name(), inner.clone()), 0..4)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            1 => vec(inner, 0..4).prop_map(Json::from),
        ]
    })
}

/// A line: a document with some bytes changed or lost, or other text.
fn line() -> impl Strategy<Value = String> {
    let document = (value(), any::<bool>()).prop_map(|(value, is_escaped)| {
        let text = value.to_string();
        if !is_escaped {
            return text;
        }
        // Every character outside ASCII as an escape, in pairs where it needs them.
        let escape = |c: char| match c {
            c if c.is_ascii() => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        text.chars().map(escape).collect()
    });
    let doubled = (value(), value()).prop_map(|(one, other)| format!("{{\"a\":{one},\"a\":{other}}}"));
    let cut = (value(), any::<Index>()).prop_map(|(value, at)| {
        let text: Vec<char> = value.to_string().chars().collect();
        text[..at.index(text.len() + 1)].iter().collect()
    });
    let broken = (value(), any::<Index>(), select(&["}", "\"", ",", "x", "0", "\u{1}", "{"][..])).prop_map(
        |(value, at, inserted)| {
            let text: Vec<char> = value.to_string().chars().collect();
            let (before, after) = text.split_at(at.index(text.len() + 1));
            [before.iter().collect::<String>().as_str(), inserted, after.iter().collect::<String>().as_str()]
                .concat()
        },
    );
    let other =
        select(&["", "  ", "a warning", "[1] a warning", "{not json}", "{\"a\": 01}", "{} {}", "\r"][..]);
    prop_oneof![8 => document, 1 => doubled, 2 => cut, 2 => broken, 2 => other.prop_map(String::from)]
}

/// Reads a text that is pushed in several parts.
fn read(mut reader: OutputReader, text: &[u8], cuts: &[Index]) -> OutputReading {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).for_each(|ends| reader.push(&text[ends[0]..ends[1]]));
    reader.finish()
}

fn reader(mode: OutputMode, answer_at: &str, error_at: Option<&str>) -> OutputReader {
    let scanner = AnswerScanner::new(Key::of(["verdict"]), [], Default::default());
    let pointer = |text: &str| text.parse::<JsonPointer>().unwrap();
    OutputReader::new(mode, Some(pointer(answer_at)), error_at.map(pointer), Some(scanner))
}

fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(is_true) => *is_true,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(elements) => !elements.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}

/// The documents of JSON lines, read as a whole.
fn documents(text: &str) -> Vec<Json> {
    let documents = text.split('\n').filter_map(|line| serde_json::from_str::<Json>(line).ok());
    documents.filter(|document| document.is_object() || document.is_array()).collect()
}

/// The answer in a value that was found.
fn answer_in(value: &Json, text: &str) -> Result<Option<String>, NoAnswer> {
    let written = value.as_str().map_or_else(|| text.to_owned(), String::from);
    answer(&written, &Key::of(["verdict"])).map(Some)
}

proptest! {
    #[test]
    fn json_lines_are_read_as_a_model_reads_the_whole_text(
        lines in vec(line(), 0..6), place in select(&PLACES[..]), error_at in select(&PLACES[..]), cuts in vec(any::<Index>(), 0..5),
    ) {
        let text = lines.join("\n");
        let found = read(reader(OutputMode::Jsonl, place, Some(error_at)), text.as_bytes(), &cuts);
        let documents = documents(&text);
        let has_error = documents.iter().any(|document| document.pointer(error_at).is_some_and(is_true));
        prop_assert!(found.error.is_some() || !has_error, "{}", text);
        // What a broken document has shown of an error counts too.
        let is_broken = |line: &str| line.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Json>(line).is_err();
        prop_assert!(found.error.is_none() || has_error || text.split('\n').any(is_broken), "{}", text);
        let last = documents.iter().rev().find_map(|document| document.pointer(place).filter(|value| !value.is_null()));
        let is_broken = matches!(found.answer, Err(NoAnswer::BrokenDocument(_)));
        // A model of what is broken would be a parser; `a_broken_document_discards_earlier_answers` has cases.
        if !is_broken {
            match last {
                Some(value) => {
                    // The text of a value that is not a text is its JSON as it was written.
                    if value.is_string() || value.get("verdict").is_some() {
                        prop_assert_eq!(found.answer.ok(), answer_in(value, &value.to_string()).ok(), "{}", text);
                    }
                }
                None => match answer(&text, &Key::of(["verdict"])) {
                    Err(_) if !documents.is_empty() => {
                        prop_assert_eq!(found.answer, Err(NoAnswer::NotAt(place.into())));
                    }
                    as_text => prop_assert_eq!(found.answer.ok(), as_text.map(Some).ok()),
                },
            }
        }
    }

    #[test]
    fn one_document_is_read_in_every_layout(
        document in value(), is_pretty in any::<bool>(), place in select(&PLACES[..]), cuts in vec(any::<Index>(), 0..5),
        before in select(&["", "a warning\n", "[1] a warning\n\n", "{so\n", "\u{feff}"][..]),
    ) {
        prop_assume!(document.is_object() || document.is_array());
        let written = if is_pretty { format!("{document:#}") } else { document.to_string() };
        let text = format!("{before}{written}\n");
        let found = read(reader(OutputMode::Json, place, None), text.as_bytes(), &cuts);
        match document.pointer(place).filter(|value| !value.is_null()) {
            Some(value) if value.is_string() => prop_assert_eq!(found.answer.ok(), answer_in(value, "").ok()),
            Some(_) => {}
            None => {
                let as_text = answer(&text, &Key::of(["verdict"])).map(Some);
                prop_assert_eq!(found.answer, as_text.map_err(|_| NoAnswer::NotAt(place.into())));
            }
        }
    }

    #[test]
    fn pushes_of_any_size_give_the_same_reading_of_any_bytes(
        bytes in vec(prop_oneof![6 => select(&b"{}[]\",:\\ \n\rabu0d1-.e"[..]), 1 => any::<u8>()], 0..80),
        mode in select(&[OutputMode::Text, OutputMode::Json, OutputMode::Jsonl][..]), place in select(&PLACES[..]),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let whole = read(reader(mode, place, Some("/b")), &bytes, &[]);
        prop_assert_eq!(read(reader(mode, place, Some("/b")), &bytes, &cuts), whole);
    }
}

#[test]
fn a_broken_document_discards_earlier_answers() {
    let before = "{\"item\": {\"text\": \"{\\\"verdict\\\": \\\"yes\\\"}\"}}\n";
    let found = |text: &str| read(reader(OutputMode::Jsonl, "/item/text", None), text.as_bytes(), &[]).answer;
    assert_eq!(found(before), Ok(Some("\"yes\"".into())));
    let broken = || Err(NoAnswer::BrokenDocument("/item/text".into()));
    for last in [
        "{\"item\": {\"text\": \"{\\\"verd",
        "{\"item\": {\"te",
        "{\"item\": 1 2}",
        "{\"item\": {}} x",
        "{\"item\": }",
    ] {
        assert_eq!(found(&format!("{before}{last}")), broken(), "{last}");
        assert_eq!(found(&format!("{before}{last}\nwarning\n")), broken(), "{last}");
        assert_eq!(found(&format!("{last}\n{before}")), Ok(Some("\"yes\"".into())), "{last}");
    }
    for harmless in ["{\"type\": \"it", "[", "{item", "{\"items\": {\"text\": \"", "warning: {\"item\": {"] {
        assert_eq!(found(&format!("{before}{harmless}")), Ok(Some("\"yes\"".into())), "{harmless}");
    }
}

#[test]
fn hostile_documents_are_read_with_bounded_memory() {
    let place = "/a/0/b";
    for part in
        ["[", "{\"a\":", "{\"a\":[{\"b\":\"x", "\"", "\\ud800", "{\"", "1", "a", "{\"a\":[{\"b\":{\"c\":["]
    {
        for mode in [OutputMode::Json, OutputMode::Jsonl] {
            let mut reader = reader(mode, place, Some("/error"));
            reader.push(b"{\"a\":[{\"b\":\"");
            let piece = part.repeat(64 * 1024 / part.len());
            // A line of 10 MiB.
            for _ in 0..160 {
                reader.push(piece.as_bytes());
            }
            assert!(reader.finish().answer.is_err(), "{part}");
        }
    }
    let long = format!("{{\"a\":[{{\"b\":\"{}{{\\\"verdict\\\":2}}\"}}]}}\n", "x ".repeat(5 << 20));
    let mut reader = reader(OutputMode::Jsonl, place, None);
    long.as_bytes().chunks(16 * 1024).for_each(|piece| reader.push(piece));
    assert_eq!(reader.finish().answer, Ok(Some("2".into())));
}

#[test]
fn an_error_has_a_text() {
    for (document, error) in [
        (r#"{"e": true, "r": "API Error: 429"}"#, Some("API Error: 429")),
        (r#"{"e": "broken"}"#, Some("broken")),
        (r#"{"e": {"type": "x", "message": "no quota"}}"#, Some("no quota")),
        (r#"{"e": {"code":7}}"#, Some(r#"{"code":7}"#)),
        (r#"{"e": 429, "r": null}"#, Some("")),
        (r#"{"e": [1]}"#, Some("[1]")),
        (r#"{"e": false, "r": "fine"}"#, None),
        (r#"{"e": {}, "r": "fine"}"#, None),
        (r#"{"e": [ ], "r": "fine"}"#, None),
        (r#"{"e": 0e5, "r": "fine"}"#, None),
        (r#"{"e": "", "r": "fine"}"#, None),
        (r#"{"e": null, "r": "fine"}"#, None),
        (r#"{"r": {"e": true}}"#, None),
        // The last value of a name counts, and an error in any document does.
        (r#"{"e": true, "e": false}"#, None),
        (r#"{"e": true, "e": null}"#, None),
        ("{\"e\": \"first\"}\n{\"e\": false}", Some("first")),
    ] {
        let found = read(reader(OutputMode::Jsonl, "/r", Some("/e")), document.as_bytes(), &[]);
        assert_eq!(found.error.as_deref(), error, "{document}");
    }
}

#[test]
fn output_of_another_form_is_read_as_text_and_its_reason_says_so() {
    let found = |mode, text: &str| read(reader(mode, "/result", Some("/error")), text.as_bytes(), &[]).answer;
    for mode in [OutputMode::Json, OutputMode::Jsonl] {
        assert_eq!(found(mode, "It is\n  {\"verdict\": \"yes\"}."), Ok(Some("\"yes\"".into())));
        let none = found(mode, "API Error: Rate limit reached").unwrap_err().to_string();
        assert_eq!(
            none,
            "its output has no JSON object; ask for one in the prompt; it was read as text, since it has no JSON document"
        );
        // A program that replaces that of a shipped provider may print the answer itself.
        assert_eq!(found(mode, "{\"verdict\": \"yes\"}\n"), Ok(Some("\"yes\"".into())));
        let none = found(mode, "{\"other\": \"yes\"}\n").unwrap_err().to_string();
        assert_eq!(none, "no JSON document in its output has `/result` (`answer_at`)");
    }
    let silent = |text: &str| {
        let pointer = "/result".parse().ok();
        read(OutputReader::new(OutputMode::Json, pointer, None, None), text.as_bytes(), &[]).answer
    };
    assert_eq!(silent(" \n"), Err(NoAnswer::Empty));
    assert_eq!(silent("{\"result\": \" \"}"), Err(NoAnswer::Empty));
    assert_eq!(silent("{\"other\": 1}"), Err(NoAnswer::NotAt("/result".into())));
    assert_eq!(silent("{\"result\": \"fine\"}"), Ok(None));
    assert_eq!(silent("fine"), Ok(None));
}

#[test]
fn an_error_counts_in_a_document_that_is_cut_or_nested_deep() {
    let error =
        |mode, text: &str| read(reader(mode, "/result", Some("/is_error")), text.as_bytes(), &[]).error;
    let nested =
        |depth: usize| format!("{{\"a\":{}{},\"is_error\":true}}", "[".repeat(depth), "]".repeat(depth));
    for mode in [OutputMode::Json, OutputMode::Jsonl] {
        for text in ["{\"is_error\":true", "{\"is_error\":true,\"resu", "{\"is_error\":true,\"n\":NaN}"] {
            assert!(error(mode, text).is_some(), "{text}");
        }
        for text in ["{\"is_error\":false,\"resu", "{\"is_error\":", "[2026-01-01] a line of a log"] {
            assert_eq!(error(mode, text), None, "{text}");
        }
        for depth in [1, 126, 127, 500, 9_998, 20_000] {
            assert!(error(mode, &nested(depth)).is_some(), "{depth} levels");
        }
        let after_another = format!("{{\"is_error\":\"first\"}}\n{}", nested(20_000));
        assert_eq!(error(mode, &after_another).as_deref(), Some("first"));
        let without_place = read(reader(mode, "/result", None), nested(20_000).as_bytes(), &[]);
        assert_eq!(without_place.error, None);
    }
}

#[test]
fn what_is_no_json_is_no_document() {
    let found = |text: &str| read(reader(OutputMode::Jsonl, "/item", None), text.as_bytes(), &[]).answer;
    for value in [
        "-",
        "1.",
        "1e",
        "1e+",
        "01",
        "+1",
        "tru",
        "trux",
        "nil",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{]",
        "[}",
        "[1}",
        "{\"a\":1]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a: 1}",
        "\u{c}1",
        "\"\u{1}\"",
        "\"\\q\"",
        "\"\\u12g4\"",
    ] {
        let text = format!("{{\"item\": {value}}}");
        assert_eq!(found(&text), Err(NoAnswer::BrokenDocument("/item".into())), "{text}");
    }
    for value in ["-0", "1.5e+10", "0e0", "true", "[ ]", "{ }", "[1 , {\"a\" : 2 }]", "\"\\u12a4\\/\""] {
        let text = format!("{{\"item\" :\t{value} }}\r");
        assert!(!matches!(found(&text), Err(NoAnswer::BrokenDocument(_))), "{text}");
    }
}

#[test]
fn a_place_is_found_among_similar_ones() {
    let answer = |number: u32| format!("{{\"b\": \"{{\\\"verdict\\\": {number}}}\"}}");
    let found =
        |place: &str, text: &str| read(reader(OutputMode::Json, place, None), text.as_bytes(), &[]).answer;
    let list = format!("{{\"a\": [{}, {}, 3]}}", answer(1), answer(2));
    assert_eq!(found("/a/0/b", &list), Ok(Some("1".into())));
    assert_eq!(found("/a/1/b", &list), Ok(Some("2".into())));
    // The last value of a name counts, also if the place is not in it.
    let twice = format!("{{\"a\": {}, \"a\": {{\"c\": 1}}}}", answer(1));
    assert_eq!(found("/a/b", &twice), Err(NoAnswer::NotAt("/a/b".into())));
    let longer = "{\"result\": \"{\\\"verdict\\\": 1}\", \"result_2\": \"{\\\"verdict\\\": 2}\"}";
    assert_eq!(found("/result", longer), Ok(Some("1".into())));
    assert_eq!(found("", "{\"verdict\": 1}"), Ok(Some("1".into())));
    assert_eq!(found("", "{\"verdict\": 1"), Err(NoAnswer::BrokenDocument(String::new())));
}

#[test]
fn text_has_neither_places_nor_errors() {
    let document = r#"{"error": "limit", "result": "{\"verdict\": 1}"}"#;
    let found = |mode| read(reader(mode, "/result", Some("/error")), document.as_bytes(), &[]);
    assert_eq!(found(OutputMode::Json).answer, Ok(Some("1".into())));
    let as_text = found(OutputMode::Text);
    assert_eq!((as_text.answer, as_text.error), (Err(NoAnswer::NoKey("verdict".into())), None));
    let errors_only = OutputReader::new(OutputMode::Json, None, "/error".parse().ok(), None);
    assert_eq!(read(errors_only, document.as_bytes(), &[]).error.as_deref(), Some("limit"));
}

#[test]
fn a_secret_is_no_answer_in_any_form() {
    let masks = std::sync::Arc::new(Masks::of_texts(["s3cret-token".to_owned()]));
    for (mode, text) in [
        (OutputMode::Text, "{\"verdict\": \"s3cret-token\"}"),
        (OutputMode::Json, "{\"result\": {\"verdict\": \"s3cret-token\"}}"),
    ] {
        let reader = reader(mode, "/result", None).with_masks(&masks);
        assert_eq!(
            read(reader, text.as_bytes(), &[]).answer,
            Err(NoAnswer::Secret("verdict".into())),
            "{text}"
        );
    }
}

#[test]
fn escapes_are_decoded() {
    for (written, text) in [
        (r#"a\"\\\/\b\f\n\r\t"#, "a\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u00E4\ud83d\uDE00x", "\u{e4}\u{1f600}x"),
        (r"\ud83d\ude00\n", "\u{1f600}\n"),
        // Halves of pairs alone.
        (r"\ud83d", "\u{fffd}"),
        (r"\ude00", "\u{fffd}"),
        (r"\ud83dx", "\u{fffd}x"),
        (r"\ud83d\n", "\u{fffd}\n"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
    ] {
        let document = format!("{{\"e\": \"{written}\"}}");
        let found = read(reader(OutputMode::Json, "/r", Some("/e")), document.as_bytes(), &[]);
        assert_eq!(found.error.as_deref(), Some(text), "{document}");
    }
}

#[test]
fn the_beginning_of_a_long_error_is_kept() {
    let document = format!("{{\"e\": \"{}\"}}", "x".repeat(1 << 20));
    let found = read(reader(OutputMode::Json, "/r", Some("/e")), document.as_bytes(), &[]);
    assert_eq!(found.error.map(|error| error.len()), Some(4096));
}
