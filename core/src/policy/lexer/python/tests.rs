use alloc::format;

use super::super::Language;
use super::super::testing::assert_parts;

fn assert(marked: &str) {
    assert_parts(Language::Python, marked);
}

#[test]
fn a_comment_ends_with_its_line_and_a_string_hides_no_comment() {
    assert("«#!/usr/bin/env python»\nx = 1  «# it's»\r\ny = ‹'#'›  «# \"z»\rz = ‹\"it's\"›");
    assert("x = 1 \\\n«# c»\n");
}

#[test]
fn a_prefix_belongs_to_the_string_in_any_case() {
    for prefix in ["r", "u", "b", "f", "t", "R", "U", "B", "F", "T", "br", "Rb", "fR", "RF", "tr", "rT"] {
        assert(&format!("x = ‹{prefix}'a'› + ‹{prefix}\"\"\"\n\"\"\"›"));
    }
    assert("[‹rb'x'›,‹f'y'f'z'u''›]");
}

#[test]
fn other_words_before_a_quote_are_code() {
    for word in ["ff", "rr", "bu", "ur", "bf", "if", "xf", "rbf", "_f", "1f", "éf", "not"] {
        assert(&format!("{word}‹'{{x}}'›"));
    }
}

#[test]
fn a_backslash_keeps_the_quote_in_raw_strings_too() {
    assert(r#"‹'\''› ‹"\\"› ‹r'\''› ‹r"\\"› ‹rf'\''› ‹b'\\\''› «# c»"#);
    assert("‹'''\\''''''› «# c»");
    assert("‹'a\\\nb\\\r\nc'› «# d»");
}

#[test]
fn three_quotes_end_with_three_quotes() {
    assert("def f():\n    ‹\"\"\"It's a docstring.\n\n    # no comment \"\"\n    \"\"\"›\n    return 1\n");
    assert("‹''''a'''› ‹'b'› «# c»");
    assert("‹''› + ‹''''''› + ‹\"\"› «# c»");
}

#[test]
fn a_string_without_an_end_ends_with_its_line() {
    assert("x = ‹'a # b›\nimport os «# c»");
    assert("x = ‹f'a # b›\nimport os «# c»");
}

#[test]
fn three_quotes_without_an_end_are_code() {
    assert("x = ‹'a'›\ny = '''b\nimport os # c");
    assert("x = ‹'a'›\ny = f'''b{1}\nimport os # c");
    assert("x = ‹'a'›\ny = f'''b{1 + \"\"\"\nimport os # c");
    assert("x = ‹f'a›{f'''b{c}' # d");
}

#[test]
fn a_field_is_code() {
    assert("‹f'›{x}‹'› ‹f'a›{x}‹b›{y}‹'› «# c»");
    assert("‹F\"\"\"a\n›{\n x  «# it's»\n}‹\n\"\"\"› «# c»");
    assert("‹t'a›{x!r}‹'› ‹f'›{x=}‹'› ‹f'›{x = !s}‹'› ‹f'›{x != 1}‹'›");
    assert("‹'a{x}'› ‹b'{x}'› ‹r'{x}'› ‹rf'›{x}‹'›");
}

#[test]
fn a_field_holds_strings_with_the_same_quotes() {
    assert("‹f'›{d[‹'a'›]}‹'› «# c»");
    assert("‹f'›{‹f'›{‹f'›{1}‹'›}‹'›}‹'› «# c»");
    assert("‹f\"\"\"›{‹'''\n}'''›}‹\"\"\"› «# c»");
}

#[test]
fn brackets_and_colons_of_a_field_nest() {
    assert("‹f'›{ {‹'a'›: {}} }‹'› ‹f'›{x[1:2]:‹>3›}‹'› ‹f'›{(lambda x: x)(1)}‹'›");
    assert("‹f'›{(x:=1)}‹'›");
}

#[test]
fn doubled_braces_are_text() {
    assert("‹f'{{x}}'› ‹f'{{›{x}‹}}'› ‹f'{{{{'› «# c»");
}

#[test]
fn a_format_is_text_and_holds_fields() {
    assert("‹f'›{x:‹#x›}‹'› ‹f'›{x!r:‹^›{width}‹.›{precision}}‹'›");
    assert("‹f'›{x:‹a›{‹f'›{y:‹b›{z}}‹'›}}‹'› «# c»");
    assert("‹f'›{x:‹%H:%M›}‹'› «# c»");
    assert("‹f'›{x:{{‹'a'›: 1}[‹'a'›]}}‹'› «# c»");
    assert("‹f'''›{x:‹a›\n}‹b'''› «# c»");
    assert("‹f'›{x:‹a'› «# c»");
}

#[test]
fn the_name_of_a_character_is_not_a_field() {
    assert("‹f'\\N{EM DASH}›{x}‹'› ‹f'›{x:‹\\N{DASH}›}‹'›");
    assert("‹rf'\\N›{EM}‹'› ‹f'\\›{x}‹'› ‹f'\\\\›{x}‹'› ‹f'\\\\N›{x}‹'›");
}
