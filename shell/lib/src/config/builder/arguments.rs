//! The arguments of a command line as overrides, parsed by clap.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use speckit_core::config::source::{Argument, Override};

use super::Builder;

#[cfg(feature = "clap")]
impl<T> Builder<T> {
    /// Overrides keys by the arguments of a command line that were given: typed, or set by the variable of an argument. Defaults of arguments
    /// override nothing. The origin of a value is its option, such as `--port`.
    ///
    /// The arguments are a struct that serde serializes. A field sets the key of its place; its name is the `id` of the argument,
    /// which clap derives from it.
    ///
    /// ```
    /// use clap::{CommandFactory as _, FromArgMatches as _, Parser};
    ///
    /// #[derive(Parser, serde::Serialize)]
    /// struct Arguments {
    ///     #[arg(long, default_value_t = 8080)]
    ///     port: u16,
    ///     #[arg(long)]
    ///     workers: Option<u16>,
    /// }
    ///
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let matches = Arguments::command().get_matches_from(["app", "--workers", "2"]);
    /// let arguments = Arguments::from_arg_matches(&matches).unwrap();
    /// let builder = Config::builder().defaults_toml("port = 80").arguments(&arguments, &matches);
    /// assert_eq!(
    ///     builder.open()?.snapshot().show(speckit::Show::Origins),
    ///     "port = 80     # defaults:1:8\nworkers = 2   # --workers\n",
    /// );
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn arguments<A: Serialize + clap::Args>(mut self, arguments: &A, matches: &ArgMatches) -> Self {
        let command = A::augment_args(Command::new(""));
        let look = |name: &str| {
            let argument = command.get_arguments().find(|argument| argument.get_id() == name);
            argument.map_or(Argument::Unknown, |argument| state(argument, matches))
        };
        match Override::arguments(arguments, &look) {
            Ok(values) => self.sources.overrides.push(values),
            Err(diagnostics) => self.mistakes.extend(diagnostics),
        }
        self
    }
}

fn state(argument: &Arg, matches: &ArgMatches) -> Argument {
    let id = argument.get_id().as_str();
    let source = matches.try_contains_id(id).ok().and_then(|_| matches.value_source(id));
    let option = match (argument.get_long(), argument.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => format!("<{}>", id.to_uppercase()),
    };
    match source {
        Some(ValueSource::CommandLine) => Argument::Given(option),
        Some(ValueSource::EnvVariable) => {
            let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
            Argument::Given(variable.unwrap_or(option))
        }
        _ => Argument::NotGiven,
    }
}
