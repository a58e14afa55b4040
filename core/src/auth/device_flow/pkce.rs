//! The verifier of a login and its challenge (RFC 7636).

use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::tree::typed::Secret;

/// A secret that proves to the token endpoint that both requests are of the same program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(Secret<String>);

impl Verifier {
    /// A verifier of 43 characters from 32 random bytes (RFC 7636, section 4.1).
    pub fn new(random: &Secret<[u8; 32]>) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(random.expose())))
    }

    /// The challenge of the method `S256` (RFC 7636, section 4.2).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose().as_bytes()))
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
            214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = Verifier::new(&Secret::new(random));
        assert_eq!(verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(alloc::format!("{verifier:?}"), "Verifier([redacted])");
    }
}
