use super::*;
use crate::tree::LayerKind;

fn below_secret(key: &Key, _: &Value) -> bool {
    key.segments().iter().any(|segment| matches!(segment, Segment::Name(name) if name == "secret"))
}

fn shown(name: &str, text: &str) -> String {
    let source = Source::document(LayerKind::File, name, text);
    let layer = parse(&source, Language::of(name, source.text()).unwrap()).unwrap();
    let masks = Masks::of([&layer], &below_secret);
    lines(&source, |line| masks.line(&source, line))
}

fn lines(source: &Source, show: impl Fn(Range<usize>) -> String) -> String {
    let mut at = 0;
    let mut all = String::new();
    for line in source.text().split_inclusive('\n') {
        all.push_str(&show(source.line_at(u32::try_from(at).unwrap()).1));
        all.push('\n');
        at += line.len();
    }
    all
}

#[test]
fn only_secrets_are_masked() {
    assert_eq!(
        shown(
            "a.toml",
            "port = 1 # open\nsecret = \"hünter2\" # was hunter1\nx = { secret = 12345, y = 'z' }\n[t]\nsecret = [1, \
             'two']\nagain = 'a hünter2 b'\nlong.secret = '''\nfirst\n  second'''\n"
        ),
        "port = 1 # open\nsecret = **** ****\nx = { secret = ****, y = 'z' }\n[t]\nsecret = [****, \
         ****]\nagain = 'a **** b'\nlong.secret = ****\n****\n****\n"
    );
}

#[test]
fn a_comment_is_masked_beside_a_secret_or_with_the_name_of_one() {
    let secret = "secret = 'x'\n";
    for comment in
        ["# secret = 1", "# the SECRET: 1", "#secrets=1", "# it's secrt 1", "# APP_SECRET=1", "# my-secret 1"]
    {
        let masked = "****";
        assert_eq!(
            shown("a.toml", &format!("{secret}a = 1 {comment}\n")),
            format!("secret = ****\na = 1 {masked}\n")
        );
    }
    assert_eq!(shown("a.toml", "a = 1 # my secret\n"), "a = 1 # my secret\n", "there are no secrets");
    assert_eq!(
        shown("a.jsonc", "{\"secret\": \"x\", // y\n\"a\": /* secret z */ \"// b\" /* c */ }"),
        "{\"secret\": ****, ****\n\"a\": **** \"// b\" /* c */ }\n"
    );
}

#[test]
fn json_is_masked_by_span() {
    assert_eq!(
        shown("a.json", r#"{"a": 1, "secret": {"b": "x\"y", "c": [true, null]}, "d": "e"}"#),
        "{\"a\": 1, \"secret\": {\"b\": ****, \"c\": [****, ****]}, \"d\": \"e\"}\n"
    );
}

#[test]
fn a_message_loses_every_spelling_of_a_secret() {
    let text = "secret = [\"a\\\"bc\\nhunter2\", 1_234_567, 0xBEEF, 2026-01-02, 'abc', true]\n";
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap();
    let masks = Masks::of([&layer], &below_secret);
    assert_eq!(
        masks.mask(r#"not "a\"bc\nhunter2" or hunter2, 1_234_567 or 1234567.0, 48879, 0xBEEF; abc true"#),
        "not \"[redacted]\" or [redacted], [redacted] or [redacted], [redacted], [redacted]; abc true"
    );
    assert_eq!(masks.mask("on 2026-01-02"), "on [redacted]");
}

#[test]
fn a_secret_is_masked_in_every_spelling() {
    let masks =
        Masks::of_texts(["sk-1\"2\n".into(), "first line\nsecond".into(), "abc".into(), String::new()]);
    assert_eq!(
        masks.mask(r#"sk-1"2 "sk-1\"2\n" first line, second "first line\nsecond" abc"#),
        "[redacted] \"[redacted]\" [redacted], [redacted] \"[redacted]\" abc"
    );
    let masks = Masks::of_texts(["sk/1\"2/\nab\"cd".into()]);
    assert_eq!(
        masks.mask(r#""sk\/1\"2\/\nab\"cd" "sk/1\"2/" "sk\/1\"2\/" "ab\"cd" ab"cd sk/"#),
        r#""[redacted]" "[redacted]" "[redacted]" "[redacted]" [redacted] sk/"#
    );
    assert_eq!(Masks::of_texts([]).mask("sk-12"), "sk-12");
    let source = Source::document(LayerKind::File, "a.toml", "port = 80\n");
    assert_eq!(masks.line(&source, 0..9), "**** = ****", "the source is of no layer");
    assert_eq!(masks.line(&Source::variable("A", "hunter2"), 0..7), "", "a variable has no lines");
}

#[test]
fn a_cut_secret_is_masked_at_the_edge_of_a_part() {
    let text = "secret = ['abcdefgh', 'wxyz1']\n";
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap();
    let masks = Masks::of([&layer], &below_secret);
    let shown = |part: &str, start: bool, end: bool| masks.mask_part(part, start, end);
    assert_eq!(shown("defgh, wxyz1, abcdefg", true, true), "[redacted], [redacted], [redacted]");
    assert_eq!(shown("defgh, abcdefg", false, false), "defgh, abcdefg");
    assert_eq!(shown("defgh, abcdefg", true, false), "[redacted], abcdefg");
    assert_eq!(shown("fgh, abc", true, true), "fgh, abc", "too short to be looked for");
    assert_eq!(shown("efgh", true, true), "[redacted]");
    assert_eq!(shown("", true, true), "");
}

#[test]
fn overlapping_secrets_are_masked_completely() {
    let text = "secret = ['abcdef', 'defghi']\n";
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap();
    assert_eq!(Masks::of([&layer], &below_secret).mask("-abcdefghi-"), "-[redacted]-");
}
