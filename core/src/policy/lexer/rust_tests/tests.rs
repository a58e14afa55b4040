use alloc::string::String;

use super::super::{Language, lex};
use super::test_items;

/// Compares the tests of a text with those between `‹` and `›`.
#[track_caller]
fn assert_tests(marked: &str) {
    let text: String = marked.chars().filter(|c| !"‹›".contains(*c)).collect();
    let mut found = text.clone();
    for item in test_items(&text, &lex(Language::Rust, &text)).into_iter().rev() {
        found.insert(item.end, '›');
        found.insert(item.start, '‹');
    }
    assert_eq!(found, marked);
}

#[test]
fn an_item_ends_with_its_block_or_its_semicolon() {
    assert_tests("a(); ‹#[cfg(test)] mod tests { mod b { } }› fn c() {}");
    assert_tests("‹#[cfg(test)] mod tests;› ‹#[cfg(test)] use a::{b, c};› use d;");
    assert_tests("‹#[cfg(test)] const A: [B; 2] = [B { c: 1 }, if d { e } else { f }];› g");
    assert_tests("‹#[cfg(test)] pub(crate) const unsafe fn a<B: C<D = [u8; 2]>, E>(f: [u8; 3]) -> G { }› h");
    assert_tests("‹#[cfg(test)] struct A(B);› ‹#[cfg(test)] impl A { fn b() { } }› ‹#[cfg(test)] a!();› b");
    assert_tests("fn a() { ‹#[cfg(test)] let b = C { d };› ‹#[cfg(test)] { e; }› f }");
}

#[test]
fn a_field_a_variant_and_an_arm_end_with_their_comma_or_with_what_contains_them() {
    assert_tests("struct A { ‹#[cfg(test)] pub b: C,› d: E, ‹#[cfg(test)] f: G› }");
    assert_tests("match a { ‹#[cfg(test)] B { .. } => c,› ‹#[cfg(test)] D(e, f) => { g }› _ => h }");
    assert_tests("a(‹#[cfg(test)] b›)");
}

#[test]
fn a_function_with_an_attribute_called_test_is_a_test() {
    assert_tests(
        "‹#[test] fn a() { }› ‹#[tokio::test(flavor = \"b\")] async fn c() { }› ‹#[rstest] fn d() { }› fn e() {}",
    );
    assert_tests(
        "#[test_case] fn a() {} #[tests::b] fn c() {} #[b(test)] fn d() {} #[doc = \"test\"] fn e() {}",
    );
}

#[test]
fn the_other_attributes_of_the_item_belong_to_it() {
    assert_tests("‹#[a] #[test] /// [#\n#[b(\"]\")] fn c() { }› d");
}

#[test]
fn a_condition_that_names_test_is_one_unless_in_not() {
    assert_tests("‹#[cfg(any(test, feature = \"a\"))] fn b() {}› ‹#[cfg(all(unix, test))] fn c() {}›");
    assert_tests(
        "#[cfg(not(test))] fn a() {} #[cfg(all(not(any(test, b)), c))] fn d() {} ‹#[cfg(all(not(b), test))] fn e() {}›",
    );
    assert_tests(
        "#[cfg(feature = \"test\")] fn a() {} #[cfg(test = \"b\")] fn c() {} #[cfg_attr(test, d)] fn e() {}",
    );
}

#[test]
fn a_file_with_the_condition_is_a_test() {
    assert_tests("‹//! a\n#![b]\n#![cfg(test)]\nfn c() {}›");
    assert_tests("#![cfg(not(test))]\nfn a() {}");
    assert_tests("mod a { #![cfg(test)] fn b() {} }");
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    assert_tests("‹#[test] fn a() { \"}\"; '}'; // }\n /* } */ r#\"}\"# }› fn b() {}");
    assert_tests("\"#[test] fn a() {}\" // #[test]\n fn b() {}");
}

#[test]
fn an_item_whose_brackets_do_not_match_is_no_test() {
    assert_tests("#[test] fn a() { (");
    assert_tests("#[test] fn a() { ( }");
    assert_tests("#[test] fn a() }");
    assert_tests("#[test fn a() {}");
    assert_tests("#[test] fn a( #[test] fn b( ‹#[test] fn c() {}›");
    assert_tests("#[test]");
    assert_tests("#[test] a #[b] c;");
    assert_tests("{ #[test] }");
}

#[test]
fn a_raw_name_is_a_name() {
    assert_tests("‹#[test] fn r#match() { r#fn }› a");
}
