use super::super::Language;
use super::super::testing::assert_parts;

fn assert_shell(marked: &str) {
    assert_parts(Language::Shell, marked);
}

#[test]
fn a_comment_begins_with_a_word() {
    assert_shell("«#!/bin/sh»\na «# b»\r\n«# ' \" `»\nc;«# d»\n(«# e»\n)«# f»");
    assert_shell("a#b ${#c} $# ${d#e} ${d##*/} \\#f ‹'g'›#h ‹\"i\"›#j $(k)#l `m`#n");
    assert_shell("a $((16#ff)) \\\n«# b»\nc\\\n#d");
}

#[test]
fn single_quotes_have_no_escapes() {
    assert_shell("a ‹'b\\'› c ‹'# \"\n$(d)'› «# e»");
}

#[test]
fn double_quotes_contain_commands_that_contain_strings() {
    assert_shell("a ‹\"b \\\" $c '# \\$(d) \"›$(e ‹\"f'\"› ‹'\")'›)‹\"# g\"› «# h»");
    assert_shell("a ‹\"b›$(c «# ) \"»\n)‹d\"›");
    assert_shell("a ‹\"b ›`c ‹'d'› ‹\"e\"›`‹ f\"›");
    assert_shell("‹\"›$(a ‹\"›$(b ‹\"c\"›)‹\"›)‹\"›");
}

#[test]
fn a_parameter_expansion_is_code_and_contains_strings() {
    assert_shell("a ${b:-‹'}'›} ${b:-‹\"}\"›} ${b:-\\}} ${b:-$(c ‹'}'›)} «# d»");
    assert_shell("a ‹\"›${b:-‹\"c}\"›}‹ d\"› ‹\"›${b#'}'}‹\"› «# e»");
    assert_shell("a ‹\"›${b:-it's}‹\"› ‹\"c\"›\n");
    assert_shell("a ‹\"›${#b}‹ ›${b//\\\"/}‹ $# $$\"› «# c»");
}

#[test]
fn a_dollar_before_a_string_belongs_to_it() {
    assert_shell("a ‹$'b\\'# \"'› ‹$\"c ›$(d)‹\\\"\"› «# e»");
    assert_shell("a ‹\"$'b\"› ‹'c$'› ‹$\"\"›");
}

#[test]
fn backquotes_end_at_the_next_one_without_a_backslash() {
    assert_shell("a `b ‹'c'› «# d»` «# e»");
    assert_shell("a `b \\`c ‹'d'›\\` e` «# f»");
    assert_shell("a `b 'c` ‹\"d\"›");
}

#[test]
fn the_body_of_a_here_document_is_a_string() {
    assert_shell("a <<E «# b»\n‹it's # c \" \\$(d)\n›E\ne «# f»");
    assert_shell("a <<-E\n‹\tb'\n E\n›\tE\nc ‹'d'›");
    assert_shell("a <<E|b <<'F' && c\n‹d'\n›E\n‹$(e) `f` \\\n›F\ng ‹'h'›");
    assert_shell("a << \"E F\"\n‹$b\n›E F\n«# c»");
    assert_shell("a <<\\E\n‹$(b)\\\n›E\n«# c»");
    assert_shell("a <<E\nE\n«# b»");
}

#[test]
fn a_here_document_contains_commands_unless_its_delimiter_is_quoted() {
    assert_shell("a <<E\n‹b' ›$(c ‹'d'› «# e»\n)‹ ›`f`‹ ›${g:-‹\"h\"›}‹\n›E\n«# i»");
    assert_shell("a <<E\n‹b ›$(c <<F\n‹d'\n›F\n)‹ e'\n›E\n‹'f'›");
    assert_shell("a <<E\n‹b \\\nE\n›E\n‹'f'›");
}

#[test]
fn a_here_document_in_a_substitution_begins_after_the_line_of_its_own() {
    assert_shell("a <<A ‹\"›$(b <<B\n‹c'\n›B\n)‹\"›\n‹d'\n›A\n«# e»");
    assert_shell("a=$(b <<B)\n‹c'\n›B\n«# e»");
}

#[test]
fn a_here_document_without_its_last_line_is_code_like_all_after_it() {
    assert_shell("a <<E\nb 'c' # d\n E\n");
    assert_shell("a <<A\n‹b\n›$(c <<B\nd 'e'\n)\nA\n‹'f'›");
}

#[test]
fn a_here_string_and_a_shift_begin_no_here_document() {
    assert_shell("a <<<E\n‹'b'›\nE\n");
    assert_shell("a <<< ‹\"b\"›\n((c = d<<E))\n‹'e'›\nE\n");
    assert_shell("a $((1<<2)) $(( (3 << E) ))\n‹'e'›\nE\n");
}

#[test]
fn a_parenthesis_in_a_case_closes_no_substitution() {
    assert_shell("a ‹\"›$(case $b in c) d ‹')'›;; (e|f) g;; *) h;& @(i|j)) k;; esac)‹\"› «# l»");
    assert_shell("a ‹\"›$(\ncase b in\nc) case d in e) f;; esac;;\nesac\n)‹ g\"› «# h»");
    assert_shell("a ‹\"›$(if b; then case c in d) e; esac; fi)‹\"› ‹\"›$(f case)‹\"› «# g»");
}

#[test]
fn parentheses_in_a_substitution_are_counted() {
    assert_shell("a ‹\"›$( (b; (c)) <(d) $((1 + (2))) e=(f) )‹\"› «# g»");
    assert_shell("a ‹\"›$(b() { c; }; b)‹\"› ((d)) || (e «# f)»\n)");
}

#[test]
fn a_pattern_has_no_comments() {
    assert_shell("a @(#b|c) *(#q) «# d»");
}

#[test]
fn a_string_without_an_end_is_code_like_all_after_it() {
    assert_shell("a 'b # c\n\"d\"");
    assert_shell("a $'b\\' # c\n");
    assert_shell("a ‹'b'› \"c $(d 'e') `f` # g\n");
    assert_shell("a ‹'b'› \"c $(d \"e\n# f\n");
    assert_shell("a ‹\"b\"› $(c «# d»\n");
}

#[test]
fn a_string_without_an_end_is_code_up_to_the_end_of_its_here_document() {
    assert_shell("a <<E\n‹b ›$(c \"d $e\nE\n«# f»");
}
