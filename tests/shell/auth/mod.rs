//! Device login: the library and the program against providers on loopback.
//!
//! What users of other programs complained about, and the tests of it. Those of the core are in `core/src/auth`.
//!
//! | complaint | tests |
//! |---|---|
//! | each process refreshes at expiry | `token_manager::twenty_processes_with_a_hundred_threads_send_one_refresh_at_expiry`, `a_killed_process_loses_the_login_only_between_the_answer_and_the_store` |
//! | the loser of a race removes the token of the winner | `renewal::after_a_refusal_what_another_process_stored_is_used_and_never_removed` |
//! | a lifetime below the margin is refreshed without end | `state::a_token_is_refreshed_when_a_fifth_or_300_s_are_left`, `state::a_need_that_no_token_meets_does_not_refresh_at_each_use` |
//! | a fast clock gives endless `slow_down` | `faults::a_fast_clock_is_hinted_at_and_the_login_goes_on`, `faults::a_storm_of_slow_downs_never_shortens_a_wait_and_ends_with_the_code` |
//! | a store that nobody asked for slows each command | `storage::a_helper_that_does_not_end_is_killed_with_all_that_it_started` |
//! | tokens silently fall back to plain text | `storage::a_helper_that_does_not_work_is_an_error_with_a_way_out_and_is_not_shown` |
//! | statuses and fields differ from the RFC | `faults::each_dialect_ends_a_login_in_its_own_words`, `device_flow::dialects` |
//! | a provider demands PKCE, or ignores it | `authenticator::each_login_has_its_own_verifier`, `device_flow::dialects::pkce_is_not_sent_otherwise` |
//! | a code expires while one types, or an organization forbids the flow | `device_flow::dialects::a_refusal_and_an_expiry_say_that_an_organization_may_forbid_the_flow`, `oidc_provider::a_login_that_nobody_approves_expires` |
//! | a library for keyrings compiles without any store | `deny.toml`: there is no such dependency |
//! | a refresh token ends before the work does | `renewal::without_a_refresh_token_a_job_that_outlives_the_token_does_not_begin`, `state::without_a_usable_refresh_token_the_token_serves_as_long_as_it_lasts` |
//! | a process keeps a stale token in memory | `token_manager::a_cached_token_is_used_until_another_process_stores_one` |

mod authenticator;
mod canary;
mod faults;
mod http;
mod loopback;
mod oidc_provider;
mod oidc_server;
#[cfg(unix)]
mod program;
mod simulated_clock;
#[cfg(unix)]
mod storage;
mod tls;
#[cfg(unix)]
mod token_manager;

use std::time::Duration;

use speckit::auth::{Client, LoginConfig};
use speckit::internal::{HttpClient, TimeLimits};
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::Provider;

/// The login of a configuration text, with the secret of the provider.
fn client_of(text: &str, login: &str, secret: Option<&str>) -> Client {
    let document: toml::Table = text.parse().unwrap();
    let config: LoginConfig = document["auth"][login].clone().try_into().unwrap();
    Client::new(login, config, secret.map(|secret| Secret::new(secret.to_owned())))
}

/// The client that a provider knows.
fn client(provider: &Provider) -> Client {
    let settings = provider.settings("fake", "store = \"file\"\nscopes = [\"openid\"]");
    client_of(&settings, "fake", Some(&provider.client_secret()))
}

/// Requests with short time limits, without a proxy.
///
/// A busy machine answers within these limits, and a server that stalls does not.
fn hasty_http() -> HttpClient {
    let limit = Duration::from_secs(3);
    let limits = TimeLimits { resolve: limit, connect: limit, send: limit, header: limit, body: limit };
    HttpClient::with_limits(None, limits)
}
