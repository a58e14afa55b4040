//! The fingerprint of a value that nobody can imitate with another value.

use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::tree::{Kind, Number, Value};

/// The SHA-256 hash of a value. Places, comments and the order of keys do not count.
///
/// [`Fingerprint`](crate::Fingerprint) does not resist a search for collisions, and here the author of a file would search.
///
/// ```
/// use speckit_core::app::trust::TrustFingerprint;
/// use speckit_core::{Kind, LayerKind, Origin, Source, Value};
/// let origin = Origin::whole(&Source::fragment(LayerKind::Override, "example", ""));
/// let fingerprint = TrustFingerprint::of(&Value::new(Kind::Bool(true), origin)).to_string();
/// assert_eq!(fingerprint, "9dcf97a184f32623d11a73124ceb99a5709b083721e878a16d78f596718ba7b2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrustFingerprint([u8; 32]);

impl TrustFingerprint {
    /// The fingerprint of a value: two values are equal exactly if their fingerprints are.
    pub fn of(value: &Value) -> Self {
        let mut hash = Sha256::new();
        add(&mut hash, value);
        Self(hash.finalize().into())
    }

    /// The fingerprint of bytes, such as those of a path.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for TrustFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Adds a byte for the kind, and the content with its length before it, so that no two values give the same bytes.
fn add(hash: &mut Sha256, value: &Value) {
    let mut add_text = |kind: u8, text: &str| {
        hash.update([kind]);
        hash.update(length(text.len()));
        hash.update(text);
    };
    match value.kind() {
        Kind::Null => hash.update([0]),
        Kind::Bool(bool) => hash.update([1, u8::from(*bool)]),
        Kind::Number(Number::Int(int)) => {
            hash.update([2]);
            hash.update(int.to_le_bytes());
        }
        Kind::Number(Number::Float(float)) => {
            hash.update([3]);
            hash.update(float.to_bits().to_le_bytes());
        }
        Kind::Number(Number::Decimal(text)) => add_text(4, text),
        Kind::String(text) => add_text(5, text),
        Kind::Datetime(datetime) => add_text(6, &alloc::format!("{datetime}")),
        Kind::Array(elements) => {
            hash.update([7]);
            hash.update(length(elements.len()));
            elements.iter().for_each(|element| add(hash, element));
        }
        Kind::Table(members) => {
            hash.update([8]);
            hash.update(length(members.len()));
            for (name, member) in members {
                hash.update(length(name.len()));
                hash.update(name.as_str());
                add(hash, member);
            }
        }
        Kind::Unset => hash.update([9]),
    }
}

fn length(length: usize) -> [u8; 8] {
    (length as u64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::testing::trees;
    use crate::tree::{LayerKind, Source};

    fn value(text: &str) -> Value {
        let source = Source::document(LayerKind::File, "a.toml", text);
        parse(&source, Language::Toml).unwrap().root().clone()
    }

    #[test]
    fn only_the_values_count() {
        let of = |text: &str| TrustFingerprint::of(&value(text));
        let one = of("a = 16\n[b]\nc = ['x', 1.5]\n");
        assert_eq!(one, of("# why\nb = { c = [\n'x',\n1.50 ] }\na = 0x10"));
        for other in [
            "a = 17\n[b]\nc = ['x', 1.5]\n",
            "a = 16.0\n[b]\nc = ['x', 1.5]\n",
            "a = '16'\n[b]\nc = ['x', 1.5]\n",
            "a = 16\n[b]\nc = [1.5, 'x']\n",
            "a = 16\n[b]\nc = ['x', 1.5, 1]\n",
            "a = 16\n[b]\nd = ['x', 1.5]\n",
            "a = 16\n[b.c]\nx = 1.5\n",
            "a = 16\n",
        ] {
            assert_ne!(one, of(other), "{other}");
        }
    }

    /// Records outlive a version of the program.
    #[test]
    fn the_fingerprint_of_a_value_stays_the_same() {
        let value = value("a = [1, 1.5, 18446744073709551616, 'x', true, 2026-01-02]\nb = {}\n");
        assert_eq!(
            TrustFingerprint::of(&value).to_string(),
            "cc18d51c4175cc584303b3bffed98abc49719753a692d946a584341434040102"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_are_equal_exactly_if_their_fingerprints_are(one in trees(), other in trees()) {
            prop_assert_eq!(one == other, TrustFingerprint::of(&one) == TrustFingerprint::of(&other));
            let again = one.clone().at(other.origin().clone());
            prop_assert_eq!(TrustFingerprint::of(&one), TrustFingerprint::of(&again));
        }
    }
}
