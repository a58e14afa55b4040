//! The languages that have a lexer.

/// A language with a lexer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Go.
    Go,
    /// JavaScript, with JSX.
    JavaScript,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// The POSIX shell, Bash and Zsh.
    Shell,
    /// SQL.
    Sql,
    /// TOML.
    Toml,
    /// TypeScript, with JSX.
    TypeScript,
    /// YAML.
    Yaml,
}

impl Language {
    /// The language of a file, by its name, else by the interpreter that its first line (`#!`) names.
    ///
    /// ```
    /// use speckit_core::policy::lexer::Language;
    /// assert_eq!(Language::of("src/main.rs", ""), Some(Language::Rust));
    /// assert_eq!(Language::of("ci/deploy", "#!/usr/bin/env -S python3 -u\n"), Some(Language::Python));
    /// assert_eq!(Language::of("notes.txt", ""), None);
    /// ```
    pub fn of(path: &str, text: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        let by_name = match extension.as_str() {
            "go" => Some(Self::Go),
            "js" | "jsx" | "mjs" | "cjs" => Some(Self::JavaScript),
            "ts" | "tsx" | "mts" | "cts" => Some(Self::TypeScript),
            "py" | "pyi" | "pyw" | "bzl" => Some(Self::Python),
            "rs" => Some(Self::Rust),
            "sh" | "bash" | "zsh" | "ksh" | "envrc" => Some(Self::Shell),
            "sql" | "ddl" | "psql" => Some(Self::Sql),
            "toml" => Some(Self::Toml),
            "yml" | "yaml" => Some(Self::Yaml),
            _ => None,
        };
        by_name.or_else(|| Self::of_name(name)).or_else(|| Self::of_first_line(text))
    }

    fn of_name(name: &str) -> Option<Self> {
        match name {
            "Cargo.lock" | "poetry.lock" | "uv.lock" => Some(Self::Toml),
            ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | "PKGBUILD" => Some(Self::Shell),
            _ => None,
        }
    }

    fn of_first_line(text: &str) -> Option<Self> {
        let line = text.strip_prefix("#!")?.lines().next()?;
        let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
        let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
        match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "sh" | "bash" | "dash" | "zsh" | "ksh" => Some(Self::Shell),
            "python" | "pypy" => Some(Self::Python),
            "node" | "nodejs" | "bun" => Some(Self::JavaScript),
            "deno" | "ts-node" | "tsx" => Some(Self::TypeScript),
            _ => None,
        }
    }
}
