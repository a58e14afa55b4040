//! JSON pointers, from the root (RFC 6901) and from a place (draft-bhutton-relative-json-pointer-00).

/// Whether the text is empty or a sequence of `/token`, where `~` only begins `~0` and `~1`.
pub(super) fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|after| after.starts_with(['0', '1']))
}

/// Whether the text is a number of levels to climb, an optional step among siblings, then `#` or a pointer.
pub(super) fn is_relative_pointer(text: &str) -> bool {
    let Some(rest) = after_integer(text) else { return false };
    let rest = match rest.strip_prefix(['+', '-']) {
        Some(step) => after_integer(step),
        None => Some(rest),
    };
    rest.is_some_and(|rest| rest == "#" || is_pointer(rest))
}

/// What follows `non-negative-integer`, which has no leading zero.
fn after_integer(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let integer = text.strip_suffix(rest)?;
    (integer == "0" || !integer.is_empty() && !integer.starts_with('0')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn tildes_of_a_pointer_are_escapes() {
        check(
            "json-pointer",
            &["", "/", "//", "/models/0", "/a~0b~1c", "/ä ö", "/~01"],
            &["models", " /models", "#/models", "/a~", "/a~2", "/~~0"],
        );
    }

    #[test]
    fn a_relative_pointer_climbs_by_a_plain_number() {
        check(
            "relative-json-pointer",
            &["0", "10", "0#", "12#", "1/", "3/a~0", "1+2", "0-1#", "2-0/a"],
            &["", "#", "/a", "00", "01/a", "-1", "1a", "1#/a", "1/a~", "1+", "1+-2", "1+02", "1+2+3", "１/a"],
        );
    }
}
