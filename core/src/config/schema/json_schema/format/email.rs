//! E-mail addresses: RFC 5321, section 4.1.2, and for other scripts RFC 6531, section 3.3.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::host::{is_hostname, is_mapped_idn_hostname};

/// Octets of a local part, by RFC 5321, section 4.5.3.1.1.
const LOCAL_PART_LIMIT: usize = 64;

/// Whether the text is a mailbox in ASCII.
pub(super) fn is_mailbox(text: &str) -> bool {
    text.is_ascii() && is_mailbox_at(text, is_hostname)
}

/// Whether the text is a mailbox, in any script.
pub(super) fn is_idn_mailbox(text: &str) -> bool {
    is_mailbox_at(text, is_mapped_idn_hostname)
}

fn is_mailbox_at(text: &str, is_domain: impl Fn(&str) -> bool) -> bool {
    // Neither a domain nor an address literal has an `@`, and a quoted local part may.
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_local = match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted_content),
        None => local.split('.').all(is_atom),
    };
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    is_local
        && local.len() <= LOCAL_PART_LIMIT
        && literal.map_or_else(|| is_domain(domain), is_address_literal)
}

/// `atext` of RFC 5322, section 3.2.3.
fn is_atom(text: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    !text.is_empty() && text.chars().all(is_atext)
}

/// `qtextSMTP` and `quoted-pairSMTP`: printable ASCII, with `"` and `\` escaped.
fn is_quoted_content(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let is_fine = match c {
            '\\' => chars.next().is_some_and(|c| matches!(c, ' '..='~')),
            c => c != '"' && !c.is_ascii_control(),
        };
        if !is_fine {
            return false;
        }
    }
    true
}

/// RFC 5321, section 4.1.3: `IPv6` is the only tag that is registered.
fn is_address_literal(text: &str) -> bool {
    match text.split_once(':') {
        Some((tag, address)) => tag.eq_ignore_ascii_case("IPv6") && address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::check;

    #[test]
    fn a_local_part_is_atoms_or_quoted() {
        check(
            "email",
            &["a@b", "a.b+c@d", "!#$%&'*/=?^_`{|}~@a", r#""a b"@c"#, r#""a@b\"c\\"@d"#, r#"""@a"#],
            &[],
        );
        check("email", &[], &["@a", "a b@c", "a..b@c", "a@b@c", "\"@b", r#"""#, r#""a"b"@c"#, r#""a\"@b"#]);
        check("email", &[], &[r#"a"b"@c"#, "ä@b", "\"a\nb\"@c"]);
    }

    #[test]
    fn a_domain_is_a_host_name_or_an_address_in_brackets() {
        check(
            "email",
            &["a@xn--bcher-kva.b", "a@[192.0.2.1]", "a@[ipv6:::1]"],
            &["a@", "a@-b", "a@b_c", "a@b."],
        );
        check("email", &[], &["a@[192.0.2.256]", "a@[1.2.3]", "a@[010.0.0.1]", "a@[::1]", "a@[IPv6:::1"]);
        check("email", &[], &["a@[X:1]", "a@bücher.example", "a@ b"]);
    }

    #[test]
    fn a_local_part_has_at_most_64_octets() {
        check("email", &[&format!("{}@b", "a".repeat(64))], &[&format!("{}@b", "a".repeat(65))]);
        check("idn-email", &[&format!("{}@b", "ä".repeat(32))], &[&format!("{}@b", "ä".repeat(33))]);
    }

    #[test]
    fn other_scripts_are_for_idn_mail() {
        check("idn-email", &["jörg@bücher.example", "jörg@BU\u{308}CHER.example", "\"jö rg\"@b", "a@b"], &[]);
        check("idn-email", &[], &["jörg", "jörg@", "a@-bücher.example", "a＠b", "jö rg@b"]);
    }
}
