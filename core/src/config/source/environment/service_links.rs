//! The variables that a cluster puts into each container for its services
//! (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::{Environment, Variable};
use crate::config::source::text::MAX_SHOWN;
use crate::text::grouped_count;
use crate::tree::{Code, Diagnostic, Key, Severity};

/// The protocols of a service, as its variables name them.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// The services of an environment, and their variables that set no key.
pub(super) struct ServiceLinks<'a> {
    /// By the stem of their variables: `APP_DB` for the service `app-db`.
    services: BTreeMap<&'a str, Unused<'a>>,
    environment: &'a Environment,
}

#[derive(Default)]
struct Unused<'a> {
    /// The first variable; one that should set a key goes before the others.
    first: Option<&'a str>,
    refused: Option<RefusedLink<'a>>,
    count: usize,
}

/// A key, and the text that is no value of its type.
pub(super) struct RefusedLink<'a> {
    pub(super) key: Key,
    /// `None` if it is secret.
    pub(super) text: Option<&'a str>,
}

impl<'a> ServiceLinks<'a> {
    /// A service has an address, `STEM_PORT` or `STEM_PORT_80_TCP`, beside another of its variables.
    pub(super) fn of(environment: &'a Environment) -> Self {
        let variables = || environment.variables.iter();
        let is_address_of = |stem: &str, name: &str, variable: &Variable| {
            let rest = name.strip_prefix(stem);
            (rest == Some("_PORT") || is_port(rest)) && is_address(variable)
        };
        let by_host = variables().filter_map(|(name, _)| {
            let stem = name.strip_suffix("_SERVICE_HOST")?;
            variables().any(|(name, variable)| is_address_of(stem, name, variable)).then_some(stem)
        });
        let by_port = variables().filter_map(|(name, variable)| {
            let stem = name.strip_suffix("_PORT").filter(|_| is_address(variable))?;
            environment.variables.keys().any(|other| is_port(other.strip_prefix(stem))).then_some(stem)
        });
        Self { services: by_host.chain(by_port).map(|stem| (stem, Unused::default())).collect(), environment }
    }

    /// Whether a variable belongs to a service.
    pub(super) fn contains(&self, name: &str, variable: &Variable) -> bool {
        self.stem(name, variable).is_some()
    }

    fn stem(&self, name: &str, variable: &Variable) -> Option<&'a str> {
        let belongs = |rest: &str| match rest {
            "_PORT" => is_address(variable),
            "_SERVICE_HOST" | "_SERVICE_PORT" => true,
            rest => rest.starts_with("_SERVICE_PORT_") || is_port(Some(rest)),
        };
        let mut stems = self.services.keys().rev();
        stems.find(|stem| name.strip_prefix(**stem).is_some_and(belongs)).copied()
    }

    /// Notes a variable that sets no key, or whose text is refused.
    pub(super) fn add(&mut self, name: &'a str, variable: &Variable, refused: Option<RefusedLink<'a>>) {
        let Some(unused) = self.stem(name, variable).and_then(|stem| self.services.get_mut(stem)) else {
            return;
        };
        unused.count += 1;
        if unused.first.is_none() || (unused.refused.is_none() && refused.is_some()) {
            (unused.first, unused.refused) = (Some(name), refused);
        }
    }

    /// One diagnostic for each service with such variables: an error if one of them should set a key.
    pub(super) fn diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        let environment = self.environment;
        self.services.into_iter().filter_map(move |(stem, Unused { first, refused, count })| {
            let name = first?;
            let severity = if refused.is_some() { Severity::Error } else { Severity::Warning };
            let (key, text) = refused.map(|refused| (refused.key, refused.text)).unwrap_or_default();
            let text = text.map(|text| format!(" ({})", text.chars().take(MAX_SHOWN).collect::<String>()));
            let text = text.unwrap_or_default();
            let (more, verb) = match count - 1 {
                0 => (String::new(), "is"),
                more => (format!(" and {}", grouped_count(more, "more variable")), "are"),
            };
            let service = stem.to_lowercase().replace('_', "-");
            let message =
                format!("`{name}`{text}{more} {verb} set by the cluster for the service `{service}`");
            let help =
                "set `enableServiceLinks: false` in the specification of the pod, or choose another prefix";
            let diagnostic = Diagnostic::warning(Code::EnvServiceLink, key, message).help(help);
            Some(Diagnostic { severity, ..diagnostic.at(&environment.origin(name)) })
        })
    }
}

fn is_address(variable: &Variable) -> bool {
    let Variable::Text(text) = variable else { return false };
    text.split_once("://")
        .is_some_and(|(protocol, _)| PROTOCOLS.iter().any(|known| known.eq_ignore_ascii_case(protocol)))
}

/// Whether the rest of a name is `_PORT_80_TCP`, or that with `_PROTO`, `_PORT` or `_ADDR`.
fn is_port(rest: Option<&str>) -> bool {
    let Some((port, rest)) = rest.and_then(|rest| rest.strip_prefix("_PORT_")?.split_once('_')) else {
        return false;
    };
    let (protocol, part) =
        rest.split_once('_').map_or((rest, None), |(protocol, part)| (protocol, Some(part)));
    port.parse::<u16>().is_ok()
        && PROTOCOLS.contains(&protocol)
        && part.is_none_or(|part| ["PROTO", "PORT", "ADDR"].contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layer;
    use crate::config::source::EnvironmentNames;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};
    use alloc::string::ToString as _;
    use alloc::vec::Vec;

    const LINKS: [(&str, &str); 7] = [
        ("APP_SERVICE_HOST", "10.0.0.5"),
        ("APP_SERVICE_PORT", "80"),
        ("APP_PORT", "tcp://10.0.0.5:80"),
        ("APP_PORT_80_TCP", "tcp://10.0.0.5:80"),
        ("APP_PORT_80_TCP_PROTO", "tcp"),
        ("APP_PORT_80_TCP_PORT", "80"),
        ("APP_PORT_80_TCP_ADDR", "10.0.0.5"),
    ];

    /// The diagnostics of these variables above a file.
    fn read(file: &str, variables: &[(&str, &str)]) -> (Option<Layer>, Vec<String>) {
        let file = parse(&Source::document(LayerKind::File, "a.toml", file), Language::Toml).unwrap();
        let names = EnvironmentNames::new("APP", &[], None, Some(file.root()));
        let (layer, diagnostics) = names.layer(&Environment::of(variables.iter().copied()));
        let text = |one: &Diagnostic| format!("{:?} {} {}: {}", one.severity, one.code, one.key, one.message);
        (layer, diagnostics.iter().map(text).collect())
    }

    #[test]
    fn the_variables_of_a_service_are_one_error_if_one_of_them_has_the_name_of_a_key() {
        let (layer, found) = read("port = 8080", &LINKS);
        assert_eq!(layer.map(|layer| layer.root().to_string()), None);
        let error = "Error env/service-link port: `APP_PORT` (tcp://10.0.0.5:80) and 6 more variables are set by the \
                     cluster for the service `app`";
        assert_eq!(found, [error]);
    }

    #[test]
    fn they_are_one_warning_for_each_service_otherwise() {
        let db = [("APP_MY_DB_SERVICE_HOST", "::1"), ("APP_MY_DB_PORT", "udp://[::1]:53"), ("APP_HOST", "h")];
        let (layer, found) = read("host = 'x'", &[&LINKS[..], &db].concat());
        assert_eq!(layer.unwrap().root().to_string(), "{ host = \"h\" }");
        let warnings = [
            "Warning env/service-link : `APP_MY_DB_PORT` and 1 more variable are set by the cluster for the service `app-my-db`",
            "Warning env/service-link : `APP_PORT` and 6 more variables are set by the cluster for the service `app`",
        ];
        assert_eq!(found, warnings);
    }

    #[test]
    fn a_variable_of_ones_own_may_have_the_name_of_a_link() {
        let own: Vec<_> = LINKS
            .iter()
            .map(|link| if link.0 == "APP_PORT" { ("APP_PORT", "9000") } else { *link })
            .collect();
        let (layer, found) = read("port = 8080", &own);
        assert_eq!(layer.unwrap().root().to_string(), "{ port = 9000 }");
        let warning = "Warning env/service-link : `APP_PORT_80_TCP` and 5 more variables are set by the cluster for the \
                       service `app`";
        assert_eq!(found, [warning]);
    }

    #[test]
    fn a_key_may_be_set_by_a_service_and_other_variables_are_none_of_it() {
        let (layer, found) = read("service_host = 'x'", &LINKS);
        assert_eq!(layer.unwrap().root().to_string(), "{ service_host = \"10.0.0.5\" }");
        assert_eq!(found.len(), 1, "{found:?}");
        for variables in [
            &[("APP_SERVICE_HOST", "h"), ("APP_PORT", "x")][..],
            &[("APP_PORT", "tcp://h:1")],
            &[("APP_PORT", "http://h:1"), ("APP_SERVICE_HOST", "h")],
        ] {
            let (_, found) = read("port = 1", variables);
            assert!(found.iter().all(|one| !one.contains("service-link")), "{found:?}");
        }
    }
}
