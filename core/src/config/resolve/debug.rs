//! The stages of a configuration as `Debug` shows them: without values, as they may be secret.

use core::fmt;

use super::{Base, Checked, Document, Layers, Parsed, Refused, Resolved};

macro_rules! with_diagnostics {
    ($($stage:ident)*) => {
        $(/// Shows the diagnostics and no values, as they may be secret.
        impl fmt::Debug for $stage {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($stage)).field("diagnostics", &self.diagnostics).finish_non_exhaustive()
            }
        })*
    };
}

with_diagnostics!(Parsed Layers Checked Refused);

/// Shows no values, as they may be secret.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(source, language) => f.debug_tuple("Text").field(source).field(language).finish(),
            Self::Parsed(layer) => f.debug_tuple("Parsed").field(layer.root().origin()).finish(),
            Self::Dotenv(variables) => f.debug_tuple("Dotenv").field(variables).finish(),
        }
    }
}

/// Shows no values, as they may be secret.
impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base").field("merged", &self.merged).finish_non_exhaustive()
    }
}

/// Shows no values, as they may be secret.
impl<T> fmt::Debug for Resolved<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("fingerprint", &self.checked().merged().root().fingerprint())
            .finish_non_exhaustive()
    }
}
