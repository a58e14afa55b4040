//! URI templates of RFC 6570, section 2.

use super::uri::{consists_of, is_iprivate, is_ucschar};

/// Tells whether the text is literals and closed expressions in turn.
pub(super) fn is_template(text: &str) -> bool {
    let mut rest = text;
    while let Some((literals, after)) = rest.split_once('{') {
        let Some((expression, after)) = after.split_once('}') else { return false };
        if !is_literals(literals) || !is_expression(expression) {
            return false;
        }
        rest = after;
    }
    is_literals(rest)
}

/// Section 2.1, where the errata of the RFC make the apostrophe a literal.
fn is_literals(text: &str) -> bool {
    consists_of(text, |c| match c {
        '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => false,
        c => c.is_ascii_graphic() || is_ucschar(c) || is_iprivate(c),
    })
}

/// Section 2.2: the operators of levels 2 and 3; those reserved for later (`=,!@|`) belong to no level.
fn is_expression(text: &str) -> bool {
    text.strip_prefix(['+', '#', '.', '/', ';', '?', '&']).unwrap_or(text).split(',').all(is_variable)
}

/// Sections 2.3 and 2.4: a name, exploded (`*`) or cut to a length (`:3`).
fn is_variable(text: &str) -> bool {
    let name = match text.split_once(':') {
        Some((name, length)) if is_length(length) => name,
        Some(_) => return false,
        None => text.strip_suffix('*').unwrap_or(text),
    };
    name.split('.')
        .all(|part| !part.is_empty() && consists_of(part, |c| c.is_ascii_alphanumeric() || c == '_'))
}

/// `max-length`: 1 to 9999, without leading zeros.
fn is_length(text: &str) -> bool {
    text.len() <= 4
        && text.starts_with(|c| ('1'..='9').contains(&c))
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn expressions_close_and_name_variables() {
        check(
            "uri-template",
            &[
                "",
                "/users/{id}",
                "{+base}{/path*}{?q,lang:2}{&page}{#part}",
                "{a.b_c%20d}",
                "{x:9999}",
                "größe/{id}",
            ],
            &["{", "}", "{}", "{a", "a}", "{a{b}}", "{a,}", "{a..b}", "{.}", "{a b}", "{a-b}", "{!a}", "{ä}"],
        );
    }

    #[test]
    fn modifiers_come_last_and_lengths_have_at_most_four_digits() {
        check(
            "uri-template",
            &["{a*}", "{a:1}"],
            &["{a:0}", "{a:01}", "{a:10000}", "{a:}", "{a:x}", "{a*b}", "{a:3*}", "{*}"],
        );
    }

    #[test]
    fn literals_are_those_of_a_uri() {
        check(
            "uri-template",
            &["a%2Fb", "~('a')!*;=$"],
            &["a b", "a%2", "a%zz", "<a>", "a\\b", "a^b", "a|b", "a`b", "\"a\"", "a\u{7f}"],
        );
    }
}
