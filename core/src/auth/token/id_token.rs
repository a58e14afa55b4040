//! Who is logged in, from the ID token of an answer.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::tree::typed::Secret;

/// The longest subject, in characters. An address of mail has at most 254.
const MAX_SUBJECT: usize = 256;

/// Base64 for URLs. RFC 7515 has no padding; some providers have.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claims that name a person (OpenID Connect Core 1.0, section 5.1).
#[derive(Deserialize)]
struct Claims {
    email: Option<serde_json::Value>,
    preferred_username: Option<serde_json::Value>,
    sub: Option<serde_json::Value>,
}

/// The subject of an ID token: the address of mail, else the user name, else the identifier. `None` if the token is malformed or its
/// name is too long.
///
/// The signature is not checked: the token came over TLS from the token endpoint (OpenID Connect Core 1.0, section 3.1.3.7), and the
/// subject is only shown.
pub(super) fn subject(id_token: &str) -> Option<String> {
    let mut parts = id_token.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let payload: Secret<Vec<u8>> = Secret::new(BASE64.decode(payload).ok()?);
    let Claims { email, preferred_username, sub } = serde_json::from_slice(payload.expose()).ok()?;
    let names = [email, preferred_username, sub].into_iter().flatten();
    let mut names = names.filter_map(|claim| claim.as_str().map(str::trim).map(String::from));
    names.find(|name| !name.is_empty() && name.chars().count() <= MAX_SUBJECT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64.encode(claims))
    }

    #[test]
    fn the_address_of_mail_comes_before_the_user_name_and_the_identifier() {
        for (claims, expected) in [
            (r#"{"sub":"1","preferred_username":"ann","email":"ann@example.com"}"#, Some("ann@example.com")),
            (r#"{"sub":"1","preferred_username":"ann","email":""}"#, Some("ann")),
            (r#"{"sub":"1","preferred_username":null,"email":7}"#, Some("1")),
            (r#"{"sub":17}"#, None),
            ("{}", None),
            ("[]", None),
            ("{", None),
        ] {
            assert_eq!(subject(&token(claims)).as_deref(), expected, "{claims}");
        }
    }

    #[test]
    fn padding_is_optional_and_anything_else_is_no_token() {
        let claims = r#"{"sub":"ann?>"}"#;
        let padded = base64::engine::general_purpose::URL_SAFE.encode(claims);
        for payload in [padded.as_str(), padded.trim_end_matches('=')] {
            assert_eq!(subject(&format!("a.{payload}.b")).as_deref(), Some("ann?>"));
        }
        for malformed in ["", "a.b", "a.e30", "a.!!.c", &format!("a.{padded}.b.c")] {
            assert_eq!(subject(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn a_subject_that_is_too_long_is_not_used() {
        let [longest, too_long] = [256, 257].map(|length| "ä".repeat(length));
        let claims = format!(r#"{{"sub":"{longest}","email":"{too_long}"}}"#);
        assert_eq!(subject(&token(&claims)), Some(longest));
    }
}
