//! Laws of credentials: an agent gets the one that its provider chose, and none of another provider.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use speckit_core::agents::credentials::{
    Credential, CredentialChoice, CredentialOrder, LoginState, VariableState,
};
use speckit_core::agents::gate::{Plan, Request};
use speckit_core::agents::{CredentialKind, ProviderConfig, Stage};
use speckit_core::app::AppConfig;
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source};

/// The settings of a provider that decide about its credential. Names are few, so that providers share some.
fn provider() -> impl Strategy<Value = ProviderConfig> {
    let kinds = subsequence(&CredentialKind::ALL[..], 1..=2).prop_shuffle();
    let names = (option::of("[x-z]"), option::of("[A-D]"), option::of("[A-D]"));
    (kinds, names).prop_map(|(credentials, (login, token_env, api_key_env))| {
        let shipped = AppConfig::default().providers["google"].clone();
        ProviderConfig { credentials, login, token_env, api_key_env, ..shipped }
    })
}

fn login_state() -> impl Strategy<Value = LoginState> {
    prop_oneof![
        option::of(any::<u32>()).prop_map(|seconds| LoginState::Usable {
            valid_for: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        }),
        Just(LoginState::Renewable),
        Just(LoginState::Absent),
        Just(LoginState::Expired),
        any::<String>().prop_map(|reason| LoginState::Unusable { reason }),
    ]
}

fn variable_state() -> impl Strategy<Value = VariableState> {
    select(&[VariableState::Set, VariableState::Empty, VariableState::Unset][..])
}

/// The states of the logins `x` to `z`, and of the variables `A` to `D`.
type Machine = (Vec<LoginState>, Vec<VariableState>);

fn machine() -> impl Strategy<Value = Machine> {
    (vec(login_state(), 3), vec(variable_state(), 4))
}

fn index(name: &str, first: u8) -> usize {
    usize::from(name.as_bytes()[0] - first)
}

fn choose(provider: &ProviderConfig, (logins, variables): &Machine) -> CredentialChoice {
    CredentialOrder::of_provider(provider)
        .choose(&|login| logins[index(login, b'x')].clone(), &|name| variables[index(name, b'A')])
}

/// What the shell does with the environment: every variable is inherited but the withheld ones, and the token is added.
fn environment(plan: &Plan, agent: usize) -> BTreeMap<String, String> {
    let command = &plan.agents[agent].command;
    let inherited = ["A", "B", "C", "D"].map(|name| (name.to_owned(), format!("value of {name}")));
    let mut environment: BTreeMap<_, _> = inherited.into();
    environment.retain(|name, _| !command.withheld.contains(name));
    if let Some(Credential::Login { login, variable }) = &command.credential {
        environment.insert(variable.clone(), format!("token of {login}"));
    }
    environment
}

proptest! {
    #[test]
    fn no_credential_of_a_provider_reaches_an_agent_of_another(
        providers in vec(provider(), 3), machine in machine(),
    ) {
        let mut config = AppConfig::default();
        config.providers = ["openai", "anthropic", "google"].map(String::from).into_iter().zip(providers).collect();
        let choices: BTreeMap<_, _> =
            config.providers.iter().map(|(name, provider)| (name.clone(), choose(provider, &machine))).collect();
        let defaults = Source::document(LayerKind::Defaults, "defaults.toml", AppConfig::DEFAULTS);
        let tree = parse(&defaults, Language::Toml).unwrap();
        let request = Request { spec: "SPEC-1".into(), prompt: "judge".into() };
        let (plan, _) =
            Plan::with_credentials(&config, tree.root(), Stage::Plan, &request, &choices).unwrap();
        let all: Vec<&str> = config.providers.values()
            .flat_map(|provider| [&provider.api_key_env, &provider.token_env])
            .filter_map(Option::as_deref)
            .collect();
        for (number, agent) in plan.agents.iter().enumerate() {
            let own = &config.providers[&agent.provider];
            let environment = environment(&plan, number);
            let taken = agent.command.credential.as_ref();
            // Of all variables with credentials, only the one of the taken credential is there, with its value.
            for name in environment.keys().filter(|name| all.contains(&name.as_str())) {
                prop_assert_eq!(Some(name.as_str()), taken.map(Credential::variable));
            }
            match taken {
                None => {}
                Some(Credential::Login { login, variable }) => {
                    prop_assert_eq!((own.login.as_ref(), own.token_env.as_ref()), (Some(login), Some(variable)));
                    prop_assert_eq!(&environment[variable], &format!("token of {login}"));
                }
                Some(Credential::ApiKey { variable }) => {
                    prop_assert_eq!(own.api_key_env.as_ref(), Some(variable));
                    prop_assert_eq!(&environment[variable], &format!("value of {variable}"));
                }
            }
            if let Some(taken) = taken {
                prop_assert!(own.credentials.contains(&taken.kind()));
                prop_assert!(!agent.command.withheld.iter().any(|name| name == taken.variable()));
            }
            prop_assert!(agent.command.withheld.is_sorted());
            prop_assert!(agent.command.environment.is_empty(), "a plan holds no token");
        }
    }

    #[test]
    fn the_first_usable_credential_in_the_order_is_taken(provider in provider(), machine in machine()) {
        let is_usable = |kind: &CredentialKind| match kind {
            CredentialKind::Login => provider.login.as_ref().zip(provider.token_env.as_ref()).map(|(login, _)| {
                matches!(machine.0[index(login, b'x')], LoginState::Usable { .. } | LoginState::Renewable)
            }),
            CredentialKind::ApiKey => {
                provider.api_key_env.as_ref().map(|name| machine.1[index(name, b'A')] == VariableState::Set)
            }
        };
        let configured: Vec<_> =
            provider.credentials.iter().filter_map(|kind| Some((*kind, is_usable(kind)?))).collect();
        let expected = configured.iter().position(|(_, is_usable)| *is_usable);
        let choice = choose(&provider, &machine);
        prop_assert_eq!(
            choice.taken.as_ref().map(Credential::kind),
            expected.map(|at| configured[at].0)
        );
        prop_assert_eq!(choice.unusable.len(), expected.unwrap_or(configured.len()));
        prop_assert_eq!(choice.is_missing(), expected.is_none() && !configured.is_empty());
        let text = choice.to_string();
        prop_assert!(text.chars().all(|c| !c.is_control()), "{:?}", text);
    }
}
