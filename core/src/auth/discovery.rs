//! The endpoints of an issuer, from its discovery document.
//!
//! OpenID Connect Discovery 1.0 (section 4) appends its well-known path to the issuer; RFC 8414 (section 3) inserts another one
//! between the host and the path of the issuer.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};

use super::client::{Client, Endpoints};
use super::error::{AnswerProblem, AuthError};
use super::exchange::{Answer, Endpoint, Exchange, Request};
use super::fields::Fields;
use super::url::allowed_url;

const NOT_FOUND: u16 = 404;

/// Reads the discovery document of an issuer: the one of OpenID Connect, and where that does not exist, the one of RFC 8414.
///
/// A request may be sent again as long as [`step`](Self::step) has not taken its result, because reading changes nothing.
#[derive(Clone, Debug)]
pub struct Discovery {
    issuer: String,
    /// The endpoint of the settings, which the document does not replace.
    revocation: Option<String>,
    document: Document,
}

/// The next step of a [`Discovery`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryStep {
    /// The request to send; its result is the next input.
    Send(Request),
    /// The endpoints of the issuer.
    Found(Endpoints),
    /// They cannot be had.
    Failed(AuthError),
}

/// The kinds of discovery documents, in the order in which they are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Document {
    OpenId,
    Rfc8414,
}

impl Discovery {
    /// Begins with the issuer of the settings. If [`Client::endpoints`] has the endpoints, there is nothing to discover.
    ///
    /// # Errors
    /// [`AuthError::Provider`]: the settings name no issuer, or one that is not used.
    pub fn begin(client: &Client) -> Result<(Self, Request), AuthError> {
        let login = &client.login;
        let Some(issuer) = client.config.issuer.clone() else {
            return Err(AuthError::Provider(format!(
                "the login `{login}` has neither `issuer` nor `device_authorization_url` and `token_url`"
            )));
        };
        if let Err(problem) = allowed_url(&issuer) {
            return Err(AuthError::Provider(format!("the issuer of the login `{login}` {problem}")));
        }
        // OpenID Connect Discovery 1.0, section 2; RFC 8414, section 2.
        if issuer.contains('?') {
            return Err(AuthError::Provider(format!("the issuer of the login `{login}` has a query (`?`)")));
        }
        let revocation = client.config.revocation_url.clone();
        let discovery = Self { issuer, revocation, document: Document::OpenId };
        let request = discovery.request();
        Ok((discovery, request))
    }

    /// Takes the result of the last request.
    pub fn step(&mut self, exchange: Exchange) -> DiscoveryStep {
        let answer = match exchange {
            Ok(answer) => answer,
            Err(failure) => {
                return DiscoveryStep::Failed(AuthError::Transport {
                    endpoint: Endpoint::Discovery,
                    failure,
                });
            }
        };
        if answer.status != NOT_FOUND {
            return match self.endpoints(&answer) {
                Ok(endpoints) => DiscoveryStep::Found(endpoints),
                Err(error) => DiscoveryStep::Failed(error),
            };
        }
        match self.document {
            Document::OpenId => {
                self.document = Document::Rfc8414;
                DiscoveryStep::Send(self.request())
            }
            Document::Rfc8414 => DiscoveryStep::Failed(AuthError::Provider(format!(
                "the issuer `{}` has no discovery document: `{}` and `{}` do not exist; correct `issuer`, or set \
                 `device_authorization_url` and `token_url` instead of it",
                self.issuer,
                self.url(Document::OpenId),
                self.url(Document::Rfc8414),
            ))),
        }
    }

    fn request(&self) -> Request {
        let url = self.url(self.document);
        Request { endpoint: Endpoint::Discovery, url, authorization: None, form: None }
    }

    fn url(&self, document: Document) -> String {
        let issuer = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
        match document {
            Document::OpenId => format!("{issuer}/.well-known/openid-configuration"),
            Document::Rfc8414 => {
                let host = issuer.find("://").map_or(0, |at| at + "://".len());
                let path =
                    issuer.get(host..).and_then(|rest| rest.find('/')).map_or(issuer.len(), |at| host + at);
                let (origin, path) = issuer.split_at_checked(path).unwrap_or((issuer, ""));
                format!("{origin}/.well-known/oauth-authorization-server{path}")
            }
        }
    }

    /// The endpoints that a document names.
    fn endpoints(&self, answer: &Answer) -> Result<Endpoints, AuthError> {
        let Answer { status, .. } = *answer;
        if status != 200 {
            let redirect = match status {
                300..400 => AnswerProblem::Redirect.to_string(),
                _ => String::new(),
            };
            return Err(self.wrong(&format!("has status {status}{redirect}")));
        }
        let fields =
            Fields::of(Endpoint::Discovery, answer).map_err(|_| self.wrong("is not a JSON object"))?;
        match fields.text("issuer") {
            None => return Err(self.wrong("does not name its issuer")),
            // RFC 8414, section 3.3: identical, without any normalization.
            Some(issuer) if issuer != self.issuer => {
                return Err(self.wrong(
                    "names another issuer; `issuer` must be exactly as the document writes it, or set \
                     `device_authorization_url` and `token_url` instead of it",
                ));
            }
            Some(_) => {}
        }
        let endpoint = |name: &str| match fields.text(name) {
            None => Ok(None),
            Some(url) => match allowed_url(url) {
                Ok(()) => Ok(Some(url.to_owned())),
                Err(problem) => Err(self.wrong(&format!("cannot be used: its `{name}` {problem}"))),
            },
        };
        let required = |name: &str| {
            endpoint(name)?.ok_or_else(|| {
                self.wrong(&format!(
                    "has no `{name}`; set `device_authorization_url` and `token_url` instead of `issuer`, if the provider has \
                     device login"
                ))
            })
        };
        Ok(Endpoints {
            device_authorization: required("device_authorization_endpoint")?,
            token: required("token_endpoint")?,
            revocation: match &self.revocation {
                Some(url) => Some(url.clone()),
                None => endpoint("revocation_endpoint")?,
            },
        })
    }

    fn wrong(&self, what: &str) -> AuthError {
        AuthError::Provider(format!("the discovery document `{}` {what}", self.url(self.document)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::config::LoginConfig;
    use crate::auth::exchange::{TransportFailure, TransportFailureKind};
    use crate::tree::typed::Secret;

    const APPENDED: &str = "https://id.example.com/a/.well-known/openid-configuration";
    const INSERTED: &str = "https://id.example.com/.well-known/oauth-authorization-server/a";

    fn client(issuer: &str) -> Client {
        let settings = serde_json::json!({ "issuer": issuer, "client_id": "cli", "store": "file" });
        Client::new("work", serde_json::from_value::<LoginConfig>(settings).unwrap(), None)
    }

    fn begin(issuer: &str) -> (Discovery, Request) {
        Discovery::begin(&client(issuer)).unwrap()
    }

    fn answer(status: u16, body: &str) -> Exchange {
        Ok(Answer { status, retry_after: None, body: Secret::new(body.as_bytes().to_vec()) })
    }

    /// A document of the issuer `https://id.example.com/a`, with one member replaced.
    fn document(name: &str, value: &str) -> Exchange {
        let mut document = serde_json::json!({
            "issuer": "https://id.example.com/a",
            "device_authorization_endpoint": "https://id.example.com/a/device",
            "token_endpoint": "https://login.example.com/token",
            "revocation_endpoint": "https://id.example.com/a/revoke",
        });
        document[name] = serde_json::from_str(value).unwrap();
        answer(200, &document.to_string())
    }

    /// The message of the failure that an exchange ends in.
    fn failure(exchange: Exchange) -> String {
        match begin("https://id.example.com/a").0.step(exchange) {
            DiscoveryStep::Failed(error) => error.to_string(),
            step => panic!("{step:?}"),
        }
    }

    #[test]
    fn openid_appends_and_rfc_8414_inserts() {
        for (issuer, appended, inserted) in [
            ("https://id.example.com/a", APPENDED, INSERTED),
            ("https://id.example.com/a/", APPENDED, INSERTED),
            (
                "https://id.example.com",
                "https://id.example.com/.well-known/openid-configuration",
                "https://id.example.com/.well-known/oauth-authorization-server",
            ),
            (
                "https://id.example.com/",
                "https://id.example.com/.well-known/openid-configuration",
                "https://id.example.com/.well-known/oauth-authorization-server",
            ),
            (
                "http://localhost:8080/realms/a/b",
                "http://localhost:8080/realms/a/b/.well-known/openid-configuration",
                "http://localhost:8080/.well-known/oauth-authorization-server/realms/a/b",
            ),
        ] {
            let (mut discovery, request) = begin(issuer);
            let get = |url: &str| Request {
                endpoint: Endpoint::Discovery,
                url: url.into(),
                authorization: None,
                form: None,
            };
            assert_eq!(request, get(appended));
            assert_eq!(discovery.step(answer(404, "{}")), DiscoveryStep::Send(get(inserted)));
            let DiscoveryStep::Failed(error) = discovery.step(answer(404, "")) else { panic!() };
            assert!(error.to_string().contains(appended) && error.to_string().contains(inserted), "{error}");
        }
    }

    #[test]
    fn both_documents_name_the_endpoints() {
        let expected = DiscoveryStep::Found(Endpoints {
            device_authorization: "https://id.example.com/a/device".into(),
            token: "https://login.example.com/token".into(),
            revocation: Some("https://id.example.com/a/revoke".into()),
        });
        let (mut discovery, _) = begin("https://id.example.com/a");
        assert_eq!(discovery.step(document("more", "[1]")), expected);
        let (mut discovery, _) = begin("https://id.example.com/a");
        discovery.step(answer(404, "<html>"));
        assert_eq!(discovery.step(document("more", "{}")), expected);
    }

    #[test]
    fn revocation_is_optional_and_the_settings_come_first() {
        let revocation = |discovery: &mut Discovery, exchange| match discovery.step(exchange) {
            DiscoveryStep::Found(endpoints) => endpoints.revocation,
            step => panic!("{step:?}"),
        };
        let (mut discovery, _) = begin("https://id.example.com/a");
        assert_eq!(revocation(&mut discovery, document("revocation_endpoint", "null")), None);
        let mut client = client("https://id.example.com/a");
        client.config.revocation_url = Some("https://id.example.com/mine".into());
        let (mut discovery, _) = Discovery::begin(&client).unwrap();
        let found = revocation(&mut discovery, document("more", "0"));
        assert_eq!(found.as_deref(), Some("https://id.example.com/mine"));
    }

    #[test]
    fn another_issuer_is_refused_even_if_a_slash_differs() {
        for issuer in
            [r#""https://evil.example""#, r#""https://id.example.com/a/""#, r#""https://ID.example.com/a""#]
        {
            let message = failure(document("issuer", issuer));
            assert!(
                message.starts_with(&format!("the discovery document `{APPENDED}` names another issuer;")),
                "{message}"
            );
            assert!(!message.contains("evil"));
        }
        for nothing in ["null", "1", r#""""#] {
            assert!(failure(document("issuer", nothing)).contains("does not name its issuer"));
        }
    }

    #[test]
    fn each_url_must_be_https_or_loopback() {
        for name in ["device_authorization_endpoint", "token_endpoint", "revocation_endpoint"] {
            let message = failure(document(name, r#""http://plain.example/x""#));
            assert!(
                message.contains(&format!("its `{name}` is not https")) && !message.contains("plain"),
                "{message}"
            );
            let (mut discovery, _) = begin("https://id.example.com/a");
            let step = discovery.step(document(name, r#""http://127.0.0.1:9/x""#));
            assert!(matches!(step, DiscoveryStep::Found(_)), "{step:?}");
        }
    }

    #[test]
    fn a_provider_without_device_login_is_named_with_the_way_out() {
        let message = failure(document("device_authorization_endpoint", "null"));
        assert_eq!(
            message,
            format!(
                "the discovery document `{APPENDED}` has no `device_authorization_endpoint`; set `device_authorization_url` and \
                 `token_url` instead of `issuer`, if the provider has device login"
            )
        );
    }

    #[test]
    fn nothing_of_a_body_is_in_an_error() {
        let canary = "canary-3f9";
        let huge = format!("{{\"a\":\"{}\"", canary.repeat(20_000));
        for (status, body, what) in [
            (200, canary, "is not a JSON object"),
            (200, "[\"canary-3f9\"]", "is not a JSON object"),
            (200, &huge, "is not a JSON object"),
            (200, "", "is not a JSON object"),
            (302, canary, "has status 302, which leads to another address; redirects are not followed"),
            (500, "{\"error\":\"canary-3f9\"}", "has status 500"),
            (401, "{\"issuer\":\"https://id.example.com/a\"}", "has status 401"),
        ] {
            assert_eq!(failure(answer(status, body)), format!("the discovery document `{APPENDED}` {what}"));
        }
    }

    #[test]
    fn a_request_without_an_answer_keeps_its_reason() {
        let lost = TransportFailure {
            kind: TransportFailureKind::TooLarge,
            reason: "it is longer than 256 KiB".into(),
        };
        let (mut discovery, _) = begin("https://id.example.com/a");
        let step = discovery.step(Err(lost.clone()));
        let endpoint = Endpoint::Discovery;
        assert_eq!(step, DiscoveryStep::Failed(AuthError::Transport { endpoint, failure: lost }));
    }

    #[test]
    fn an_issuer_that_is_not_used_is_refused_before_any_request() {
        for issuer in [
            "http://id.example.com",
            "https://u:p@id.example.com",
            "id.example.com",
            "https://a.example/?b=c",
        ] {
            let error = Discovery::begin(&client(issuer)).unwrap_err().to_string();
            assert!(error.starts_with("the issuer of the login `work` "), "{error}");
        }
        let mut without = client("x");
        without.config.issuer = None;
        assert!(Discovery::begin(&without).unwrap_err().to_string().contains("neither `issuer` nor"));
    }
}
