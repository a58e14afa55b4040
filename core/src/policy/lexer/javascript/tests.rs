use alloc::format;

use super::super::Language;
use super::super::testing::assert_parts;

#[track_caller]
fn assert(marked: &str) {
    assert_parts(Language::JavaScript, marked);
    assert_parts(Language::TypeScript, marked);
}

#[test]
fn comments_and_strings_hide_each_other() {
    assert(
        "«#!/usr/bin/env node's»\na(); «// b 'c'»\r\nd(‹\"// e\"›, ‹'/* f'›) «/* 'g'\n// h */» i «/**/» j",
    );
    assert("a; #b «// c»\u{2028}d «// e…»\u{2029}f «//»\rg");
    assert("<!-- ‹'a'›\n--> b");
}

#[test]
fn a_string_ends_at_its_quote_or_at_its_line_end() {
    assert("a(‹'\\''›, ‹\"\\\\\"›, ‹'b\\\nc\\\r\nd'›, ‹'\u{2028}'›) «// e»");
    assert("a(‹'b)›\nc(‹\"d\"›)");
}

#[test]
fn a_comment_without_an_end_is_code() {
    assert("a(‹'b'›) /* c\n'd' // e");
}

#[test]
fn the_holes_of_a_template_are_code() {
    assert("a = ‹`b`› + ‹`$c {d} \\${e} \\` $`› «// f»");
    assert("a = ‹`b`› «// c»\nd = ‹`›${e}‹ // ›${ {f: ‹'}'›} }‹\n`› «// g»");
    assert("‹`›${‹`›${‹`a`›}‹`› «/* } */» + (b}‹`› «// c»");
    assert("‹`a`›${b}");
}

#[test]
fn a_template_without_an_end_is_code() {
    assert("a(‹'b'›) + `c ${d + 'e'} f\n'g' // h");
    assert("a(‹'b'›) + `c ${`d`} ${ // e\n");
}

#[test]
fn a_slash_after_an_operator_begins_a_regular_expression() {
    for before in [
        "", "a = ", "a(", "[", "a, ", "!", "a && ", "a ? ", "{", "a; ", "return ", "typeof ", "case ", "=> ",
        "...",
    ] {
        assert(&format!("{before}/'/.test(b) «// c»"));
        assert(&format!("{before}/[/'\\]`]\\/\"//g; ‹'b'›"));
    }
}

#[test]
fn a_slash_after_a_value_divides() {
    for before in [
        "a",
        "a()",
        "a[0]",
        "1.",
        "1.5",
        "‹'a'›",
        "‹`a`›",
        "/a/",
        "a.return",
        "a?.case",
        "this",
        "a++",
        "a!",
        "x = {}",
    ] {
        assert(&format!("{before} / ‹'b'› / c"));
    }
}

#[test]
fn the_dot_of_a_number_is_no_property() {
    assert("1. in /'/ «// a»");
}

#[test]
fn a_statement_may_begin_with_a_regular_expression() {
    assert("if (a) /'/.test(b) «// c»");
    assert("while ((a)) /'/.test(b) «// c»");
    assert("for await (const a of b) /'/.test(a) «// c»");
    assert("if (a) { b } /'/.test(c) «// d»");
    assert("a => { b }\n/'/.test(c) «// d»");
    assert("else /'/.test(a) «// b»");
    assert("a\n++/'/.lastIndex «// b»");
    assert("a\n!/'/.test(b) «// c»");
}

#[test]
fn a_regular_expression_ends_in_its_line() {
    assert("a = /b\n‹'c'› «// d»");
    assert("a = /[/\nb = ‹'c'› «// d»");
    assert("a = /\\\nb = ‹'c'› «// d»");
    assert("a = /=[/ b / ‹'c'›\nd = /'/ «// e»");
}

#[test]
fn the_text_of_an_element_is_code() {
    assert("a = <p>don't // b /* \" `</p>; ‹'c'› «// d»");
    assert("a = <p>don't {b(‹'}'›) «/* c */»} can't<br/>won't<b>it's</b>'</p>; ‹'c'› «// d»");
    assert("a = (\n  <>\n    it's {b ? <i>isn't</i> : ‹'c'›}\n  </>\n) «// d»");
    assert("a = <p>{b}/{c}'</p> / ‹'d'› «// e»");
    assert("a = <B.C>it's</B.C>; ‹'c'›");
}

#[test]
fn the_attributes_of_an_element_are_strings() {
    assert("a = <p b=‹\"it's\n \\\"› c=‹'d'› e={‹'}'›} {...f} «/* > */»>g's</p>; ‹'h'› «// i»");
    assert("a = <B c=‹'d'› e={‹'}'›} {...f} />; ‹'h'› «// i»");
    assert("a = <B c=‹'d'› {...f} /><B/>; ‹'h'› «// i»");
    assert("a = <B c {...d} /> + ‹'/'› «// e»");
    assert("a = <B c=‹\"\n\\\"› />; ‹'d'› «// e»");
    assert("a = <B c={/'/} /> + <B>it's</B>; ‹'h'› «// i»");
}

#[test]
fn an_angle_bracket_of_a_type_or_a_comparison_begins_no_element() {
    assert("a = <T,>(b: T) => ‹'c'› «// d»");
    assert("a = <any>b + ‹'c'› «// d»");
    assert("a < b; ‹'c'› «// </b>»");
    assert("new A<b>(‹'c'›); «// </b>»");
    assert("return a </b> ‹'c'›");
    assert("a <<b> «// it's </b>»");
    assert("a << <b>it's</b>; ‹'c'›");
}
