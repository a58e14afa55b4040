//! What a rule of the application refuses, in the forms that rules return.

use std::borrow::Cow;
use std::error::Error;

use speckit_core::Key;
use speckit_core::config::resolve::Violation;

/// What a rule of [`Builder::validate`](crate::Builder::validate) refuses: a text, or `(key, text)` pairs. A pair is reported at
/// the place that set its key.
///
/// With the features `garde` and `validator` the errors of these crates become violations with their keys.
///
/// ```
/// use speckit::{Config, Violations};
///
/// #[derive(serde::Deserialize)]
/// struct Settings { min: u32, max: u32 }
///
/// let builder = Config::<Settings>::builder().defaults_toml("min = 5\nmax = 3");
/// let error = builder.validate(|settings| match settings.min <= settings.max {
///     true => Ok(()),
///     false => Err([("max", format!("must be at least {}", settings.min))]),
/// });
/// let error = error.open().unwrap_err();
/// assert!(error.to_string().starts_with("error[rule/refused]: max: must be at least 5\n --> defaults:2:7"), "{error}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// At least one, since a rule that returns an error refuses the configuration.
    pub(crate) fn into_vec(self) -> Vec<Violation> {
        if self.0.is_empty() { Self::general("a rule gives no reason".into()).0 } else { self.0 }
    }

    /// About no single key.
    pub(crate) fn general(message: String) -> Self {
        Self(vec![Violation { key: Key::root(), message }])
    }
}

fn violation(key: &str, message: String) -> Violation {
    match key.parse() {
        Ok(key) => Violation { key, message },
        Err(_) if key.is_empty() => Violation { key: Key::root(), message },
        Err(_) => Violation { key: Key::root(), message: format!("`{key}`: {message}") },
    }
}

macro_rules! from_texts {
    ($($text:ty),*) => {
        $(impl From<$text> for Violations {
            fn from(message: $text) -> Self {
                Self::general(message.to_string())
            }
        })*
    };
}

from_texts!(String, &str, Cow<'_, str>, Box<dyn Error>, Box<dyn Error + Send + Sync>);

impl<K: AsRef<str>, M: Into<String>> FromIterator<(K, M)> for Violations {
    fn from_iter<I: IntoIterator<Item = (K, M)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, message)| violation(key.as_ref(), message.into())).collect())
    }
}

impl<K: AsRef<str>, M: Into<String>> From<(K, M)> for Violations {
    fn from(pair: (K, M)) -> Self {
        Self::from_iter([pair])
    }
}

impl<K: AsRef<str>, M: Into<String>> From<Vec<(K, M)>> for Violations {
    fn from(pairs: Vec<(K, M)>) -> Self {
        Self::from_iter(pairs)
    }
}

impl<K: AsRef<str>, M: Into<String>, const N: usize> From<[(K, M); N]> for Violations {
    fn from(pairs: [(K, M); N]) -> Self {
        Self::from_iter(pairs)
    }
}

/// Paths such as `database.pools[0].size`.
#[cfg(feature = "garde")]
impl From<garde::Report> for Violations {
    fn from(report: garde::Report) -> Self {
        Self::from_iter(report.iter().map(|(path, error)| (path.to_string(), error.to_string())))
    }
}

/// Nested errors have the keys of their fields.
#[cfg(feature = "validator")]
impl From<validator::ValidationErrors> for Violations {
    fn from(errors: validator::ValidationErrors) -> Self {
        let mut violations = Vec::new();
        collect(&errors, &Key::root(), &mut violations);
        violations.sort_by(|a, b| a.key.cmp(&b.key));
        Self(violations)
    }
}

#[cfg(feature = "validator")]
fn collect(errors: &validator::ValidationErrors, above: &Key, violations: &mut Vec<Violation>) {
    use validator::ValidationErrorsKind;

    for (field, kind) in errors.errors() {
        // Errors of a whole struct have a name that no field can have.
        let key = if *field == "__all__" { above.clone() } else { above.child(field.as_ref()) };
        match kind {
            ValidationErrorsKind::Struct(errors) => collect(errors, &key, violations),
            ValidationErrorsKind::List(items) => {
                items.iter().for_each(|(index, errors)| collect(errors, &key.element(*index), violations));
            }
            ValidationErrorsKind::Field(errors) => violations.extend(
                errors.iter().map(|error| Violation { key: key.clone(), message: message_of(error) }),
            ),
        }
    }
}

/// Its message, or its code with the parameters; its own text would show the value, which may be a secret.
#[cfg(feature = "validator")]
fn message_of(error: &validator::ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let mut bounds: Vec<String> = error
        .params
        .iter()
        .filter(|(name, _)| *name != "value")
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    bounds.sort();
    let bounds = if bounds.is_empty() { String::new() } else { format!(" ({})", bounds.join(", ")) };
    format!("refused by the rule `{}`{bounds}", error.code)
}
