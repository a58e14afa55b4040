use alloc::format;

use super::super::Language;
use super::super::testing::assert_parts;

fn assert(marked: &str) {
    assert_parts(Language::Yaml, marked);
}

#[test]
fn a_comment_begins_at_a_line_start_or_after_a_space() {
    assert("«# a»\n  «# b»\nc: d#e «#f: 'g'»\r\nh: «#i»");
    assert("\u{feff}«# a»\na: http://b/#c\t«# d»\n- «#»");
    assert("«# a»\u{2028}b: c");
}

#[test]
fn a_quote_begins_a_string_only_where_a_scalar_begins() {
    assert("a: ‹'b'› «# c»\n‹\"d\"›: ‹\"e\"›\n- ‹'f'›\n- - ? ‹'g'›\n  : ‹'h'›\n--- ‹'i'›");
    assert("a: don't «# it's»\nb: the \"best\" «# c»\nc: d 'e'\nf:'g'");
    assert("a: !!str ‹'b'›\nc: &d ‹'e'›\nf: &g !h ‹'i'› «# j»\nk: *l 'm'\n&n ‹'o'›: ‹'p'›");
    assert("a: - 'b'\nc: d: 'e'\n%f 'g'");
}

#[test]
fn a_quoted_scalar_has_several_lines() {
    assert("a: ‹'b # c\n\n  d: ''e'''› «# f»");
    assert("a: ‹\"b \\\" # c\\\\\"› «# d»\n‹\"e\\\n  f\"›");
}

#[test]
fn a_quoted_scalar_without_an_end_in_its_document_is_code() {
    assert("a: 'b\nc: \"d\" # e\n--- \nf: ‹'g'›");
    assert("a: \"b\nc: d # e\n");
    assert("a: ‹'b\n---c'›");
}

#[test]
fn flow_collections_hold_scalars() {
    assert("a: [‹'b'›, ‹\"c\"›, d'e', [ ‹'f'› ]] «# g»\n{‹'h'›: ‹'i'›}: ‹'j'›\n");
    assert("{‹\"a\"›:‹\"b\"›,‹\"c\"›:[‹\"d\"›,{‹\"e\"›:1}]}");
    assert("[a:'b', c: ‹'d'›, !e ‹'f'›, &g ‹'h'›, *i, ? ‹'j'› : ‹'k'›]");
    assert("{\n  a: b\n  'c', «# d»\n‹'e'›: |\n  «# f»\n}");
    assert("a: b[c, 'd']\n");
    assert("[a{b}, ‹'c'›]: ‹'d'›");
}

#[test]
fn a_key_has_one_line() {
    assert("x: y\n‹'a\n b'›: 'c'\n‹'d'›: ‹'e'›");
    assert("x: y\n[a,\n b]: 'c'\n‹'d'›: ‹'e'›");
    assert("a\n  b: 'c'");
}

#[test]
fn a_line_continues_a_plain_scalar_if_it_is_indented_more_than_the_key() {
    assert("a: b\n  'c' d\n\n  \"e\ng: ‹'h'›");
    assert("a:\n  b\n 'c'\nd:\n  ‹'e'›\n- f\n  'g'\n- - h\n   'i'\n  - ‹'j'›");
    assert("a: b «# c»\n  ‹'d'›");
    assert("a:\n  b:\n«# c»\n    d\n  ‹'e'›: ‹'f'›");
    assert("a\n'b'\n---\n‹'c'›");
    assert("a:\n  b: c\nd: e\n 'f'");
}

#[test]
fn the_lines_of_a_block_scalar_are_a_string() {
    assert("a: |\n‹  b # c\n   'd'\n\n  e›\n\nf: >-\n‹  g›\n«# h»\n - 1");
    assert("a: | «# b»\n‹  # c›\n «# d»\n");
    assert("- |\n‹ a›\n- - >\n‹   b›\n  - ‹'c'›\n- d: |\n‹    e›\n  f: ‹'g'›");
    assert("--- |\n‹ a›\n---\n‹'b'›");
    assert("a: !b |\r\n‹  c›\r\nd: ‹'e'›\r\n");
    assert("a: |\nb: ‹'c'›");
}

#[test]
fn the_header_of_a_block_scalar_names_its_indentation() {
    for header in ["|2", ">2-", "|+2", "|-2 "] {
        assert(&format!("a: {header}\n‹   # b\n  # c›\n «# d»"));
        assert(&format!("a:\n - {header}\n‹   # b›\n  «# d»"));
    }
    assert("a: |0\n  «# b»\nc: |b\n  «# d»\ne: |#\n  «# f»\ng: [|\n  «# h»\n]");
}
