//! Logins whose endpoints an issuer names.

use speckit::auth::{AuthError, TokenManager};
use speckit_core::auth::Endpoints;
use speckit_tests::fakes::provider::{Authentication, Dialect, Reply, Route};

use super::{HOUR, Login};

/// A login at an issuer, with an expired token of this path.
fn expired(token_path: &str) -> (Login, TokenManager) {
    let dialect = Dialect { authentication: Authentication::None, ..Dialect::oidc("/tenant") };
    let login = Login::with(dialect, "store = \"file\"");
    let endpoints = Endpoints {
        device_authorization: login.provider.url("/device"),
        token: login.provider.url(token_path),
        revocation: None,
    };
    let record = login.issued(HOUR, &endpoints);
    login.storage().try_lock().unwrap().unwrap().store(&record).unwrap();
    let manager = login.manager();
    (login, manager)
}

#[test]
fn the_endpoint_of_the_stored_record_is_used_without_a_discovery() {
    let (login, manager) = expired("/token");
    let token = manager.token().unwrap();
    assert!(login.provider.accepts_access_token(token.expose()));
    assert_eq!(login.provider.requests().len(), 1);
}

#[test]
fn an_endpoint_that_is_gone_is_discovered_again_and_the_new_one_is_stored() {
    let (login, manager) = expired("/token-of-last-year");
    let token = manager.token().unwrap();
    assert!(token.warning().is_none() && login.provider.accepts_access_token(token.expose()));
    let paths: Vec<String> = login.provider.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/token-of-last-year", "/tenant/.well-known/openid-configuration", "/token"]);
    let stored = login.stored();
    assert_eq!(stored.endpoints.token, login.provider.url("/token"));
    assert_eq!(stored.endpoints.revocation, Some(login.provider.url("/revoke")));
    manager.refresh().unwrap();
    assert_eq!(login.provider.requests().len(), 4, "the stored endpoint is used");
}

#[test]
fn a_discovery_that_finds_nothing_else_leaves_the_login_as_it_is() {
    let (login, manager) = expired("/token");
    login.provider.always(Route::Token, Reply::html(404));
    let before = login.stored();
    assert!(matches!(manager.token(), Err(AuthError::Answer { status: 404, .. })));
    assert_eq!(login.stored(), before);
    assert_eq!(login.provider.requests().len(), 2, "the same endpoint is not asked twice");
}
