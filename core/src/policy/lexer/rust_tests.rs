//! The tests in a text in Rust: the items that exist only when tests are compiled, and the functions that are tests.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Region, Span};

/// The tests in a text with these parts, in order: from the first attribute of an item to its last byte.
///
/// An item is one if it has an attribute `cfg` that names `test`, other than in `not`, or an attribute whose last name is
/// `test` or `rstest`. An item whose brackets do not match is none.
#[cfg_attr(not(test), expect(dead_code, reason = "rules that skip tests are not written yet"))]
pub(crate) fn test_items(text: &str, spans: &[Span]) -> Vec<Range<usize>> {
    if memchr::memmem::find(text.as_bytes(), b"test").is_none() {
        return Vec::new();
    }
    let tokens = tokens(text, spans);
    let closers = closers(&tokens);
    let items = Items { tokens: &tokens, closers: &closers };
    if items.is_test_file() {
        return vec![0..text.len()];
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = items.tokens.get(at) {
        let (after, is_test) = items.attributes(at);
        at = match items.end(after).filter(|_| is_test) {
            Some(last) => {
                found.push(start.start..items.tokens.get(last).map_or(start.start, Token::end));
                last + 1
            }
            None => after.max(at + 1),
        };
    }
    found
}

/// A name, a number, a keyword, or another byte of code that is no blank.
struct Token<'t> {
    start: usize,
    text: &'t str,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The code without its blanks, comments and literals.
fn tokens<'t>(text: &'t str, spans: &[Span]) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for span in spans {
        if span.region == Region::Code {
            let mut rest = text.get(start..span.end).unwrap_or_default();
            while let Some(first) = rest.chars().next() {
                let raw = rest.strip_prefix("r#").map_or(0, name_length);
                let length = if raw > 0 { "r#".len() + raw } else { name_length(rest).max(first.len_utf8()) };
                let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                if !first.is_whitespace() {
                    tokens.push(Token { start: span.end - rest.len(), text: token });
                }
                rest = after;
            }
        }
        start = span.end;
    }
    tokens
}

fn name_length(text: &str) -> usize {
    text.find(|c| !is_name(c)).unwrap_or(text.len())
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// For each opening bracket the index of the one that closes it, if all brackets between match.
fn closers(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let opening = match token.text {
            "(" | "[" | "{" => {
                open.push((index, token.text));
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        match open.pop() {
            Some((start, text)) if text == opening => {
                if let Some(closer) = closers.get_mut(start) {
                    *closer = Some(index);
                }
            }
            _ => open.clear(),
        }
    }
    closers
}

struct Items<'a, 't> {
    tokens: &'a [Token<'t>],
    closers: &'a [Option<usize>],
}

impl Items<'_, '_> {
    fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text)
    }

    fn closer(&self, index: usize) -> Option<usize> {
        self.closers.get(index).copied().flatten()
    }

    /// Whether the attributes of the whole file restrict it to tests.
    fn is_test_file(&self) -> bool {
        let mut at = 0;
        while self.text(at) == "#"
            && self.text(at + 1) == "!"
            && let Some(end) = self.attribute(at + 2)
        {
            if self.text(at + 3) == "cfg" && self.is_test(at + 3, end) {
                return true;
            }
            at = end + 1;
        }
        false
    }

    /// Reads the attributes of an item. Returns the index after them, and whether one of them makes it a test.
    fn attributes(&self, mut at: usize) -> (usize, bool) {
        let mut is_test = false;
        while self.text(at) == "#"
            && let Some(end) = self.attribute(at + 1)
        {
            is_test |= self.is_test(at + 2, end);
            at = end + 1;
        }
        (at, is_test)
    }

    fn attribute(&self, bracket: usize) -> Option<usize> {
        self.closer(bracket).filter(|_| self.text(bracket) == "[")
    }

    /// Whether the attribute between these indices makes its item a test.
    fn is_test(&self, start: usize, end: usize) -> bool {
        if self.text(start) == "cfg" {
            return self.names_test(start + 1, end);
        }
        let is_path = |index: &usize| self.text(*index) == ":" || self.text(*index).starts_with(is_name);
        let last = (start..end).take_while(is_path).last();
        last.is_some_and(|last| matches!(self.text(last), "test" | "rstest"))
    }

    /// Whether a condition names `test`, other than in `not`.
    fn names_test(&self, mut at: usize, end: usize) -> bool {
        while at < end {
            match self.text(at) {
                "not" => at = self.closer(at + 1).unwrap_or(end),
                "test" if matches!(self.text(at + 1), "," | ")") => return true,
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// The index of the last token of the item, statement, field or match arm that begins here.
    fn end(&self, start: usize) -> Option<usize> {
        let kind = self.kind(start);
        let mut at = start;
        loop {
            match self.text(at) {
                // The end of the text, of what contains the item, or the begin of another one.
                "" | "#" | ")" | "]" | "}" => {
                    return (kind == ItemKind::Other && at > start && self.text(at) != "").then(|| at - 1);
                }
                ";" => return Some(at),
                "," if kind == ItemKind::Other => return Some(at),
                "{" if kind != ItemKind::Value && !self.is_struct_pattern(at) => return self.closer(at),
                "(" | "[" | "{" => at = self.closer(at)? + 1,
                _ => at += 1,
            }
        }
    }

    /// Whether this brace belongs to the pattern of a match arm.
    fn is_struct_pattern(&self, brace: usize) -> bool {
        self.closer(brace).is_some_and(|closer| self.text(closer + 1) == "=" && self.text(closer + 2) == ">")
    }

    fn kind(&self, start: usize) -> ItemKind {
        let mut at = start;
        if self.text(at) == "pub" {
            at += 1;
            if self.text(at) == "(" {
                at = self.closer(at).map_or(at, |closer| closer + 1);
            }
        }
        match self.text(at) {
            "const" if !matches!(self.text(at + 1), "fn" | "async" | "unsafe" | "extern") => ItemKind::Value,
            "let" | "static" | "type" | "use" => ItemKind::Value,
            "async" | "const" | "enum" | "extern" | "fn" | "impl" | "macro_rules" | "mod" | "struct" | "trait" | "union"
            | "unsafe" => ItemKind::Block,
            _ => ItemKind::Other,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ItemKind {
    /// Ends with a block, or with a semicolon.
    Block,
    /// Ends with a semicolon after its value, which may have blocks.
    Value,
    /// A statement, field, variant or match arm.
    Other,
}

#[cfg(test)]
mod tests {
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
        assert_tests("‹#[test] fn a() { }› ‹#[tokio::test(flavor = \"b\")] async fn c() { }› ‹#[rstest] fn d() { }› fn e() {}");
        assert_tests("#[test_case] fn a() {} #[tests::b] fn c() {} #[b(test)] fn d() {} #[doc = \"test\"] fn e() {}");
    }

    #[test]
    fn the_other_attributes_of_the_item_belong_to_it() {
        assert_tests("‹#[a] #[test] /// [#\n#[b(\"]\")] fn c() { }› d");
    }

    #[test]
    fn a_condition_that_names_test_is_one_unless_in_not() {
        assert_tests("‹#[cfg(any(test, feature = \"a\"))] fn b() {}› ‹#[cfg(all(unix, test))] fn c() {}›");
        assert_tests("#[cfg(not(test))] fn a() {} #[cfg(all(not(any(test, b)), c))] fn d() {} ‹#[cfg(all(not(b), test))] fn e() {}›");
        assert_tests("#[cfg(feature = \"test\")] fn a() {} #[cfg(test = \"b\")] fn c() {} #[cfg_attr(test, d)] fn e() {}");
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
        assert_tests("{ #[test] }");
    }

    #[test]
    fn a_raw_name_is_a_name() {
        assert_tests("‹#[test] fn r#match() { r#fn }› a");
    }
}
