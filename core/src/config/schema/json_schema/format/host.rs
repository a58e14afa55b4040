//! Host names: RFC 1123, section 2.1, and for other scripts RFC 5890 to 5893.

use fancy_regex::Regex;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// What RFC 3490, section 3.1 reads as a dot.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Whether the text is a host name in ASCII; labels that begin with `xn--` must encode a valid label.
pub(super) fn is_hostname(text: &str) -> bool {
    text.is_ascii() && is_idn_hostname(text)
}

/// Whether the text is a host name once it is mapped as RFC 5895 maps what people type: to lower case, from
/// wide and narrow forms, and to normal form.
pub(super) fn is_mapped_idn_hostname(text: &str) -> bool {
    is_idn_hostname(&Uts46::new().to_unicode(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0)
}

/// Whether the text is a host name whose labels are in ASCII or U-labels of RFC 5890, section 2.3.2.1.
///
/// `Uts46` checks letters, digits and hyphens of ASCII, Punycode, normal form, leading marks, joiners (RFC 5892,
/// appendices A.1 and A.2), the direction of text (RFC 5893) and lengths; it accepts more
/// characters than IDNA 2008 and maps its input, so the labels are then checked against RFC 5892 and against the text.
pub(super) fn is_idn_hostname(text: &str) -> bool {
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let mapping = Uts46::new();
    if mapping.to_ascii(text.as_bytes(), deny, hyphens, DnsLength::Verify).is_err() {
        return false;
    }
    let (decoded, _) = mapping.to_unicode(text.as_bytes(), deny, hyphens);
    text.split(DOTS).zip(decoded.split('.')).all(|(written, decoded)| {
        (written.is_ascii() || written == decoded) && (decoded.is_ascii() || is_u_label(decoded))
    })
}

fn is_u_label(label: &str) -> bool {
    // The tests compile this constant pattern; if it were invalid, every label would be rejected.
    Regex::new(U_LABEL).is_ok_and(|pattern| pattern.is_match(label).unwrap_or(false))
}

/// A label that RFC 5891, section 4.2 and RFC 5892 allow.
const U_LABEL: &str = concat!(
    // Hyphens in the third and fourth place are kept for encodings (RFC 5891, section 4.2.3.1).
    r"\A(?!..--)",
    // A.7: a Katakana middle dot requires Hiragana, Katakana or Han in the label.
    r"(?!(?=.*\x{30fb})(?!.*[\p{Hiragana}\p{Katakana}\p{Han}]))",
    // A.8 and A.9: the two rows of Arabic digits do not mix.
    r"(?!.*[\x{660}-\x{669}].*[\x{6f0}-\x{6f9}])(?!.*[\x{6f0}-\x{6f9}].*[\x{660}-\x{669}])",
    r"(?:[a-z0-9\-]",
    // Section 2.6: valid by exception.
    r"|[\x{df}\x{3c2}\x{6fd}\x{6fe}\x{f0b}\x{3007}]",
    // A.3: a middle dot must be between two `l`.
    r"|(?<=l)\x{b7}(?=l)",
    // A.4: a Greek lower numeral sign (keraia) must precede Greek.
    r"|\x{375}(?=\p{Greek})",
    // A.5 and A.6: geresh and gershayim must follow Hebrew.
    r"|(?<=\p{Hebrew})[\x{5f3}\x{5f4}]",
    r"|[\x{30fb}\x{200c}\x{200d}]",
    // Sections 2.6 (disallowed by exception), 2.3 (ignorable), 2.4 (symbols and music) and 2.9 (old Hangul) …
    r"|(?![\x{640}\x{7fa}\x{302e}\x{302f}\x{3031}-\x{3035}\x{303b}\p{Default_Ignorable_Code_Point}",
    r"\x{20d0}-\x{20ff}\x{1d100}-\x{1d24f}\x{1100}-\x{11ff}\x{a960}-\x{a97c}\x{d7b0}-\x{d7fb}])",
    // … and section 2.1: letters, digits and their marks.
    r"[\p{Ll}\p{Lo}\p{Lm}\p{Nd}\p{Mn}\p{Mc}])+\z",
);

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::check;

    #[test]
    fn labels_are_letters_digits_and_inner_hyphens() {
        check(
            "hostname",
            &["localhost", "DB-1.Example.COM", "3com.com", "1", "a--b", "r3---sn.example"],
            &["", "a..b", ".a", "a.", "a b", "a_b", "-a.b", "a-.b", "a:80", "bücher", "a。b"],
        );
    }

    #[test]
    fn a_label_has_63_octets_and_a_name_253() {
        let label = "a".repeat(63);
        let name = format!("{label}.{label}.{label}.{}", "b".repeat(61));
        check("hostname", &[&label, &name], &[&format!("{label}a"), &format!("{name}b")]);
        check("idn-hostname", &[&"ü".repeat(57)], &[&"ü".repeat(58)]);
    }

    #[test]
    fn an_encoded_label_decodes_to_a_valid_one() {
        check("hostname", &["xn--bcher-kva.a", "XN--BCHER-KVA.a"], &["xn--", "xn--a", "xn--abc-", "xn--n3h"]);
        check("hostname", &[], &["xn--bcher-kv", "xn--a-iga-cba-", "xn---9uc", "xn--Bcher-KVA-a"]);
    }

    #[test]
    fn a_label_of_another_script_is_normal_and_of_letters() {
        check("idn-hostname", &["straße.de", "例え.テスト", "παράδειγμα", "a。例", "пример", "देवनागरी"], &[]);
        check("idn-hostname", &[], &["Bücher", "bu\u{308}cher", "☃.net", "😀", "ﬁ", "-ü", "ü-", "ab--ü"]);
        check("idn-hostname", &[], &["ü_a", "ü..a", "ü b", "\u{308}u", "ü/a", "a…ü"]);
    }

    #[test]
    fn some_characters_require_their_context() {
        check("idn-hostname", &["col·lega", "β͵α", "ש״ס", "ラ・ラ", "क्\u{200d}ष", "ب٣٤"], &[]);
        check("idn-hostname", &[], &["co·lega", "β͵a", "s״ס", "a・b", "a\u{200d}b", "ب٣۴", "aـ"]);
    }

    #[test]
    fn a_name_has_one_writing_direction() {
        check("idn-hostname", &["אב.example", "אב1"], &["אבa", "1אב", "aאב", "1b.אב", "א1٣"]);
    }
}
