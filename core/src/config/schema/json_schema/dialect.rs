//! The drafts of JSON Schema: which keywords each has, and which of them hold subschemas.

use crate::tree::{Kind, Value};

/// A draft, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

/// How the keywords of a document are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dialect {
    pub(super) draft: Draft,
    /// Whether keywords that restrict a value do so. A meta-schema without the vocabulary for validation turns them off.
    pub(super) asserts: bool,
    /// Whether `format` restricts a value. From 2019-09 on it only describes it, unless the meta-schema says otherwise.
    pub(super) asserts_formats: bool,
}

impl Draft {
    const ALL: [Self; 5] = [Self::Draft4, Self::Draft6, Self::Draft7, Self::Draft2019, Self::Draft2020];

    /// The draft whose meta-schema has that address; a final `#` and `http` for `https` make no difference.
    pub(super) fn named(address: &str) -> Option<Self> {
        let plain = |text: &str| text.trim_end_matches('#').replacen("https:", "http:", 1);
        Self::ALL.into_iter().find(|draft| plain(draft.address()) == plain(address))
    }

    /// The address of the meta-schema, without fragment.
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema",
            Self::Draft6 => "http://json-schema.org/draft-06/schema",
            Self::Draft7 => "http://json-schema.org/draft-07/schema",
            Self::Draft2019 => "https://json-schema.org/draft/2019-09/schema",
            Self::Draft2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The name that people use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Draft4 => "Draft 4",
            Self::Draft6 => "Draft 6",
            Self::Draft7 => "Draft 7",
            Self::Draft2019 => "2019-09",
            Self::Draft2020 => "2020-12",
        }
    }

    /// Whether everything beside a `$ref` is ignored.
    pub(super) fn ignores_siblings(self) -> bool {
        self <= Self::Draft7
    }

    /// The keyword for the address of a subschema.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Self::Draft4 { "id" } else { "$id" }
    }

    /// The first draft that has the keyword, and the last one; a keyword that is not listed is in all of them.
    fn range(keyword: &str) -> (Self, Self) {
        let first = match keyword {
            "const" | "contains" | "propertyNames" => Self::Draft6,
            "if" => Self::Draft7,
            "dependentRequired"
            | "dependentSchemas"
            | "maxContains"
            | "minContains"
            | "unevaluatedItems"
            | "unevaluatedProperties" => Self::Draft2019,
            "$recursiveRef" => return (Self::Draft2019, Self::Draft2019),
            "$dynamicRef" | "prefixItems" => Self::Draft2020,
            "additionalItems" => return (Self::Draft4, Self::Draft2019),
            _ => Self::Draft4,
        };
        (first, Self::Draft2020)
    }

    /// Whether the draft has the keyword.
    pub(super) fn has(self, keyword: &str) -> bool {
        let (first, last) = Self::range(keyword);
        first <= self && self <= last
    }

    /// The draft that brought a keyword which this one does not have yet.
    pub(super) fn later(self, keyword: &str) -> Option<Self> {
        let (first, _) = Self::range(keyword);
        (self < first).then_some(first)
    }
}

impl Dialect {
    /// The dialect of the draft's own meta-schema.
    pub(super) const fn of(draft: Draft) -> Self {
        Self {
            draft,
            asserts: true,
            asserts_formats: matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7),
        }
    }

    /// Whether a vocabulary of that address is one of the drafts' own.
    pub(super) fn knows_vocabulary(address: &str) -> bool {
        let names = [
            "applicator",
            "content",
            "core",
            "format",
            "format-annotation",
            "format-assertion",
            "meta-data",
            "unevaluated",
            "validation",
        ];
        address.starts_with("https://json-schema.org/draft/")
            && address.rsplit_once("/vocab/").is_some_and(|(_, name)| names.contains(&name))
    }

    /// The dialect that another meta-schema defines by its `$vocabulary`.
    pub(super) fn of_meta_schema(meta: &Value) -> Self {
        let named = meta.member("$schema").and_then(Value::as_str).and_then(Draft::named);
        let dialect = Self::of(named.unwrap_or(Draft::Draft7));
        let Some(vocabularies) = meta.member("$vocabulary").and_then(Value::as_table) else { return dialect };
        let listed = |name: &str| vocabularies.iter().any(|(address, _)| address.ends_with(name));
        let required = |name: &str| {
            let is_required = |value: &Value| matches!(value.kind(), Kind::Bool(true));
            vocabularies.iter().any(|(address, value)| address.ends_with(name) && is_required(value))
        };
        Self {
            asserts: listed("/vocab/validation"),
            asserts_formats: listed("/vocab/format-assertion") || required("/vocab/format"),
            ..dialect
        }
    }
}

/// What the value of a keyword is.
pub(super) enum Position {
    Schema,
    List,
    SchemaOrList,
    /// Schemas by name.
    Map,
}

impl Position {
    /// That of a keyword in a draft; `None` if it has no schema.
    pub(super) fn of(keyword: &str, draft: Draft) -> Option<Self> {
        let position = match keyword {
            "additionalItems"
            | "additionalProperties"
            | "contains"
            | "else"
            | "if"
            | "not"
            | "propertyNames"
            | "then"
            | "unevaluatedItems"
            | "unevaluatedProperties" => Self::Schema,
            "items" => Self::SchemaOrList,
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => Self::List,
            "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties"
            | "properties" => Self::Map,
            _ => return None,
        };
        draft.has(keyword).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_known_by_its_address_in_every_spelling() {
        for draft in Draft::ALL {
            let address = draft.address();
            let other_scheme = match address.strip_prefix("https:") {
                Some(rest) => alloc::format!("http:{rest}"),
                None => address.replacen("http:", "https:", 1),
            };
            for spelling in [address, &alloc::format!("{address}#"), &other_scheme] {
                assert_eq!(Draft::named(spelling), Some(draft), "{spelling}");
            }
        }
        assert_eq!(Draft::named("http://json-schema.org/draft-03/schema#"), None);
    }

    #[test]
    fn a_keyword_belongs_to_the_drafts_that_define_it() {
        assert!(!Draft::Draft7.has("unevaluatedProperties") && Draft::Draft2019.has("unevaluatedProperties"));
        assert!(Draft::Draft2019.has("additionalItems") && !Draft::Draft2020.has("additionalItems"));
        assert!(!Draft::Draft4.has("const") && Draft::Draft4.has("properties"));
        assert_eq!(Draft::Draft7.later("prefixItems"), Some(Draft::Draft2020));
        assert_eq!(Draft::Draft2020.later("additionalItems"), None);
    }
}
