use super::super::Language;
use super::super::testing::assert_parts;

fn assert_rust(marked: &str) {
    assert_parts(Language::Rust, marked);
}

#[test]
fn comments_end_at_the_line_end_or_at_their_last_mark() {
    assert_rust("a «// b»\nc «/// d»\r\n«//! e»");
    assert_rust("a «/* b /* c */ d */» e «/***/» / * f");
    assert_rust("a «/** \" */» b «/*/ c */» d");
}

#[test]
fn a_comment_or_a_string_without_an_end_is_code_like_all_after_it() {
    assert_rust("a /* b /* c */ // d");
    assert_rust("a(\"b // c\n\\\"");
    assert_rust("a(r#\"b\" // c\n");
}

#[test]
fn a_string_ends_at_a_quote_that_is_not_escaped() {
    assert_rust("a(‹\"\\\"//\"›, ‹\"\\\\\"›) «// b»");
    assert_rust("a(‹\"b\n// c\"›)");
}

#[test]
fn a_raw_string_ends_at_a_quote_with_its_hashes() {
    assert_rust("a(‹r\"\\\"›, ‹r#\"\"\"#›, ‹r##\"\"#\"##›, ‹br#\"\"\"#›, ‹cr#\"\"\"#›)");
    assert_rust("‹r#\"a\"#›# b");
}

#[test]
fn a_prefix_and_a_suffix_belong_to_their_literal() {
    assert_rust("a(‹b\"\\\"\"›, ‹c\"\\\"\"›, ‹b'\\''›, ‹b'\"'›, ‹\"x\"_a1›, ‹'x'u8› 1)");
    assert_rust("abr‹\"\\\\\"› 1r‹\"\"› cr# b c‹'x'›");
}

#[test]
fn a_name_after_r_and_a_hash_is_no_raw_string() {
    assert_rust("r#fn(r#type, ‹\"a\"›) r#br‹\"\\\"\"›");
}

#[test]
fn a_character_is_told_from_a_lifetime_and_a_label() {
    assert_rust("a(‹'\"'›, ‹'\\''›, ‹'\\\\'›, ‹'/'›, ‹'''›, ‹'\\u{1f600}'›, ‹'é'›, ‹'日'›)");
    assert_rust("fn f<'a, 'é>(a: &'a str, b: &'_ u8) -> &'static str { ‹'a'› }");
    assert_rust("'a: loop { break 'a; } 'r#b ‹\"'\"›");
    assert_rust("a!('b‹\"c\"›, ‹'bcd'›)");
}

#[test]
fn a_character_without_an_end_is_code_up_to_the_line_end_or_a_comment() {
    assert_rust("a('\\ b\nc(‹\"d\"›)");
    assert_rust("a('( «// b»\nc");
}

#[test]
fn the_first_line_is_a_comment_for_the_loader_of_the_system_but_no_attribute() {
    assert_rust("«#!/usr/bin/env cargo»\nfn main() {}");
    assert_rust("#![no_std] «// a»");
    assert_rust("#! «/* a */»\n[no_std]");
    assert_rust("a\n#!/b ‹\"c\"›");
}

#[test]
fn the_front_matter_of_a_script_is_code() {
    assert_rust("«#!/usr/bin/env cargo»\n---cargo\n# it's\n--\"\n--- \n‹\"a\"›");
    assert_rust("---\n# \"\n---\n‹\"a\"›");
    assert_rust("--- a ‹\"b\"›");
}

#[test]
fn blanks_outside_of_ascii_end_a_word() {
    assert_rust("a\u{2028}‹r\"\\\"› b\u{85}‹b'\"'›");
}
