//! The codes of diagnostics.

use core::fmt;

/// Declares the codes by family, in the order of their texts.
macro_rules! codes {
    ($($(#[$about:meta])* $family:ident { $($code:ident = $text:literal,)* })*) => {
        /// The subject of a diagnostic: the part of its code before the `/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum CodeFamily {
            $($(#[$about])* $family,)*
        }

        /// The stable code of a diagnostic, in the order of its text.
        ///
        /// ```
        /// use speckit_core::tree::{Code, CodeFamily};
        /// assert_eq!(Code::ParseToml.as_str(), "parse/toml");
        /// assert_eq!(Code::ParseToml.family(), CodeFamily::Parse);
        /// assert_eq!(Code::SchemaMinItems.name(), "minItems");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = concat!("`", $text, "`")] $code,)*)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$($(Self::$code,)*)*];

            /// The whole text: `schema/minItems`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$code => $text,)*)*
                }
            }

            /// The part before the `/`.
            pub fn family(self) -> CodeFamily {
                match self {
                    $($(Self::$code)|* => CodeFamily::$family,)*
                }
            }
        }
    };
}

codes! {
    /// A login, or the credential of a provider.
    Auth {
        AuthClient = "auth/client",
        AuthCredential = "auth/credential",
        AuthEndpoints = "auth/endpoints",
        AuthLoginNeeded = "auth/login-needed",
        AuthParameter = "auth/parameter",
        AuthProvider = "auth/provider",
        AuthSchema = "auth/schema",
        AuthStore = "auth/store",
        AuthStoreUnusable = "auth/store-unusable",
        AuthUnknown = "auth/unknown",
        AuthUrl = "auth/url",
    }
    /// A benchmark.
    Bench {
        BenchCommand = "bench/command",
        BenchMachines = "bench/machines",
        BenchUnknown = "bench/unknown",
    }
    /// A variable of the environment.
    Env {
        EnvAlias = "env/alias",
        EnvAmbiguous = "env/ambiguous",
        EnvCase = "env/case",
        EnvDuplicate = "env/duplicate",
        EnvFile = "env/file",
        EnvServiceLink = "env/service-link",
        EnvType = "env/type",
        EnvUnknown = "env/unknown",
    }
    /// A file that cannot be read, is empty, or is not replaced as it was.
    File {
        FileAbsent = "file/absent",
        FileEmpty = "file/empty",
        FileFormat = "file/format",
        FileMissing = "file/missing",
        FileReplaced = "file/replaced",
        FileTooLarge = "file/too-large",
        FileUnreadable = "file/unreadable",
    }
    /// A quality gate, or a run of one.
    Gate {
        GateAccept = "gate/accept",
        GateAgentCount = "gate/agent-count",
        GateAgreeOn = "gate/agree-on",
        GateChanged = "gate/changed",
        GateDegraded = "gate/degraded",
        GateNoRun = "gate/no-run",
        GatePrompt = "gate/prompt",
        GatePromptNotUtf8 = "gate/prompt-not-utf8",
        GatePromptTooLarge = "gate/prompt-too-large",
        GatePromptUnreadable = "gate/prompt-unreadable",
        GateQuorum = "gate/quorum",
        GateRefused = "gate/refused",
        GateSchema = "gate/schema",
        GateSpec = "gate/spec",
        GateUnguarded = "gate/unguarded",
        GateUnknown = "gate/unknown",
        GateUnreadable = "gate/unreadable",
        GateUnstartable = "gate/unstartable",
    }
    /// The record of generations.
    History {
        HistoryLastGood = "history/last-good",
        HistoryNoLastGood = "history/no-last-good",
        HistoryNoTexts = "history/no-texts",
        HistoryOtherFiles = "history/other-files",
        HistoryReplaced = "history/replaced",
        HistoryUnavailable = "history/unavailable",
        HistoryUnknown = "history/unknown",
        HistoryUnwritten = "history/unwritten",
    }
    /// A file in the old form.
    Migrate {
        MigrateAgent = "migrate/agent",
        MigrateCommand = "migrate/command",
        MigrateForm = "migrate/form",
        MigrateKey = "migrate/key",
        MigrateName = "migrate/name",
        MigrateProvider = "migrate/provider",
        MigrateV1 = "migrate/v1",
    }
    /// A name that is unknown, outdated or used twice.
    Name {
        NameAlias = "name/alias",
        NameDuplicate = "name/duplicate",
        NameUnknown = "name/unknown",
    }
    /// A value of the command line.
    Override {
        OverrideKey = "override/key",
        OverrideType = "override/type",
        OverrideUnset = "override/unset",
    }
    /// A text that does not parse.
    Parse {
        ParseDotenv = "parse/dotenv",
        ParseDuplicateKey = "parse/duplicate-key",
        ParseJson = "parse/json",
        ParseNotUtf8 = "parse/not-utf8",
        ParseNumber = "parse/number",
        ParseToml = "parse/toml",
        ParseTooDeep = "parse/too-deep",
        ParseTooLarge = "parse/too-large",
    }
    /// A rule of the policy, or a check of it.
    Policy {
        PolicyBaseline = "policy/baseline",
        PolicyGit = "policy/git",
        PolicyGlob = "policy/glob",
        PolicyHook = "policy/hook",
        PolicyPath = "policy/path",
        PolicyPattern = "policy/pattern",
        PolicyRule = "policy/rule",
        PolicyUnknown = "policy/unknown",
    }
    /// A provider of agents, or how its agents are started.
    Provider {
        ProviderArgument = "provider/argument",
        ProviderCommandMissing = "provider/command-missing",
        ProviderKeyMissing = "provider/key-missing",
        ProviderModelId = "provider/model-id",
        ProviderOptionLike = "provider/option-like",
        ProviderOutput = "provider/output",
        ProviderPattern = "provider/pattern",
        ProviderPlaceholder = "provider/placeholder",
        ProviderPromptUnused = "provider/prompt-unused",
    }
    /// A reload while the program runs.
    Reload {
        ReloadNested = "reload/nested",
        ReloadRestart = "reload/restart",
    }
    /// A rule of the embedding program.
    Rule {
        RuleKey = "rule/key",
        RulePanicked = "rule/panicked",
        RulePrefix = "rule/prefix",
        RuleRefused = "rule/refused",
    }
    /// A value that the schema rejects, or the schema itself.
    Schema {
        SchemaAdditionalItems = "schema/additionalItems",
        SchemaAdditionalProperties = "schema/additionalProperties",
        SchemaAnyOf = "schema/anyOf",
        SchemaConst = "schema/const",
        SchemaContains = "schema/contains",
        SchemaDependencies = "schema/dependencies",
        SchemaDeprecated = "schema/deprecated",
        SchemaEnum = "schema/enum",
        SchemaExclusiveMaximum = "schema/exclusiveMaximum",
        SchemaExclusiveMinimum = "schema/exclusiveMinimum",
        SchemaFormat = "schema/format",
        SchemaIgnoredKeyword = "schema/ignored-keyword",
        SchemaInvalid = "schema/invalid",
        SchemaItems = "schema/items",
        SchemaMaxItems = "schema/maxItems",
        SchemaMaxLength = "schema/maxLength",
        SchemaMaxProperties = "schema/maxProperties",
        SchemaMaximum = "schema/maximum",
        SchemaMinItems = "schema/minItems",
        SchemaMinLength = "schema/minLength",
        SchemaMinProperties = "schema/minProperties",
        SchemaMinimum = "schema/minimum",
        SchemaMultipleOf = "schema/multipleOf",
        SchemaNot = "schema/not",
        SchemaOneOf = "schema/oneOf",
        SchemaPattern = "schema/pattern",
        SchemaPatternCost = "schema/pattern-cost",
        SchemaProperties = "schema/properties",
        SchemaPropertyNames = "schema/propertyNames",
        SchemaRequired = "schema/required",
        SchemaType = "schema/type",
        SchemaUnavailable = "schema/unavailable",
        SchemaUnevaluatedItems = "schema/unevaluatedItems",
        SchemaUnevaluatedProperties = "schema/unevaluatedProperties",
        SchemaUniqueItems = "schema/uniqueItems",
        SchemaUnknownKeyword = "schema/unknown-keyword",
        SchemaUnsupported = "schema/unsupported",
    }
    /// A source of the embedding program.
    Source {
        SourceRuntime = "source/runtime",
        SourceUnreadable = "source/unreadable",
    }
    /// The database.
    Store {
        StoreLogUnread = "store/log-unread",
        StoreUnavailable = "store/unavailable",
        StoreUnsure = "store/unsure",
    }
    /// The trust of a person in a project file.
    Trust {
        TrustChanged = "trust/changed",
        TrustRequired = "trust/required",
    }
    /// A value that does not fit its type in the program.
    Type {
        TypeCustom = "type/custom",
        TypeDuplicate = "type/duplicate",
        TypeMismatch = "type/mismatch",
        TypeMissing = "type/missing",
        TypeOutOfRange = "type/out-of-range",
        TypeSecret = "type/secret",
        TypeTooDeep = "type/too-deep",
        TypeUnknownField = "type/unknown-field",
        TypeUnknownVariant = "type/unknown-variant",
    }
    /// Watching files.
    Watch {
        WatchLimit = "watch/limit",
        WatchPolling = "watch/polling",
        WatchSingleFileMount = "watch/single-file-mount",
        WatchThread = "watch/thread",
        WatchUnavailable = "watch/unavailable",
        WatchUnreadable = "watch/unreadable",
    }
}

impl Code {
    /// The part after the family; for a code about a schema, often the keyword.
    pub fn name(self) -> &'static str {
        self.as_str().split_once('/').map_or("", |(_, name)| name)
    }

    /// Whether a diagnostic says that a key, or an item, may not be there.
    pub(crate) fn refuses_key(self) -> bool {
        matches!(
            self,
            Self::SchemaAdditionalItems
                | Self::SchemaAdditionalProperties
                | Self::SchemaItems
                | Self::SchemaProperties
                | Self::SchemaPropertyNames
                | Self::SchemaUnevaluatedItems
                | Self::SchemaUnevaluatedProperties
                | Self::TypeUnknownField
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn codes_are_in_the_order_of_their_texts_and_no_text_is_repeated() {
        assert!(Code::ALL.is_sorted_by(|a, b| a < b && a.as_str() < b.as_str()));
    }

    #[test]
    fn a_text_begins_with_the_family() {
        for code in Code::ALL {
            let family = format!("{:?}", code.family()).to_lowercase();
            assert_eq!(code.as_str(), format!("{family}/{}", code.name()));
        }
    }
}
