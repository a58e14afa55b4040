//! How the logins stand, for scripts and for people. No part of a token is in it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::record::TokenRecord;
use super::state::TokenState;
use crate::auth::client::Client;
use crate::auth::config::TokenStoreKind;
use crate::auth::error::{AuthError, LoginNeeded};
use crate::text::{duration, rfc3339, visible};

/// How a login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginState {
    /// Its token can be used.
    Valid,
    /// Its token can be used, and the next use refreshes it if that is possible.
    Expiring,
    /// Its token expired.
    Expired,
    /// Nobody is logged in.
    Absent,
    /// The stored tokens cannot be read, or belong to another provider or client.
    Unreadable,
}

/// The state of a login with what may be shown of its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoginStatus {
    /// The name of the login.
    pub name: String,
    /// How it stands.
    pub state: LoginState,
    /// Who is logged in, if the provider said so.
    pub subject: Option<String>,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// When the access token expires (RFC 3339); `None`: never, as far as the provider said, or nobody is logged in.
    pub expires_at: Option<String>,
    /// The seconds until then.
    pub expires_in_s: Option<u64>,
    /// Whether the access token can be refreshed.
    pub refreshable: bool,
    /// The kind of the store.
    pub store: TokenStoreKind,
    /// The file of the tokens; `None`: a credential helper has them.
    pub file: Option<String>,
    /// Why the stored tokens are unreadable, or why nothing can be sent to the provider.
    pub problem: Option<String>,
}

/// The states of all logins, as `auth status` prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// The logins.
    pub logins: Vec<LoginStatus>,
}

impl LoginStatus {
    /// The state of a login at `now` since 1970-01-01T00:00:00Z, with what was loaded from its store.
    pub fn of(
        client: &Client,
        file: Option<String>,
        loaded: &Result<Option<TokenRecord>, AuthError>,
        now: Duration,
    ) -> Self {
        let mut status = Self {
            name: client.login.clone(),
            state: LoginState::Absent,
            subject: None,
            scopes: Vec::new(),
            expires_at: None,
            expires_in_s: None,
            refreshable: false,
            store: client.config.store,
            file,
            problem: client.missing_secret().map(|error| error.to_string()),
        };
        match loaded {
            Ok(None) => {}
            Ok(Some(record)) if record.identity != client.identity() => {
                status.state = LoginState::Unreadable;
                let command = format!("`speckit auth login {}` replaces them", visible(&client.login));
                status.problem = Some(format!("{}; {command}", LoginNeeded::OtherIdentity));
            }
            Ok(Some(record)) => {
                status.state = match record.state(now) {
                    TokenState::Valid => LoginState::Valid,
                    TokenState::Expiring => LoginState::Expiring,
                    TokenState::Expired => LoginState::Expired,
                };
                status.subject.clone_from(&record.subject);
                status.scopes.clone_from(&record.scopes);
                let left = record.left(now);
                status.expires_in_s = left.map(|left| left.as_secs());
                let end = record.expires_at.filter(|_| left.is_some());
                status.expires_at = end.map(|end| rfc3339(end.saturating_mul(1000)));
                status.refreshable = record.is_refreshable(now);
            }
            Err(error) => {
                status.state = LoginState::Unreadable;
                status.problem = Some(error.to_string());
            }
        }
        status
    }

    /// One line for a person, and one more for a problem.
    fn lines(&self, width: usize) -> String {
        let name = visible(&self.name);
        let state = match (self.state, self.expires_in_s) {
            (LoginState::Valid | LoginState::Expiring, Some(left)) => {
                format!("valid for {}", duration(Duration::from_secs(left)))
            }
            (LoginState::Valid | LoginState::Expiring, None) => "valid".into(),
            (LoginState::Expired, _) => "expired".into(),
            (LoginState::Absent, _) => "nobody is logged in".into(),
            (LoginState::Unreadable, _) => match &self.problem {
                Some(problem) => format!("unreadable: {}", visible(problem)),
                None => "unreadable".into(),
            },
        };
        let mut line = format!("{name:width$}  {state}");
        if !matches!(self.state, LoginState::Absent | LoginState::Unreadable) {
            line += if self.refreshable { ", refreshable" } else { ", not refreshable" };
            line += &format!("; {}", self.subject.as_deref().map_or("user unknown".into(), visible));
            if !self.scopes.is_empty() {
                line += &format!("; scopes {}", visible(&self.scopes.join(" ")));
            }
        }
        line.push('\n');
        if let Some(problem) = self.problem.as_ref().filter(|_| self.state != LoginState::Unreadable) {
            line += &format!("{:width$}  {}\n", "", visible(problem));
        }
        line
    }
}

impl StatusReport {
    /// The document for scripts.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The text for a person: a line for each login, and one more for a problem, each with a line end.
    pub fn to_text(&self) -> String {
        let width = self.logins.iter().map(|login| visible(&login.name).chars().count()).max().unwrap_or(0);
        self.logins.iter().map(|login| login.lines(width)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::examples::{client, record};
    use serde_json::json;

    fn of(loaded: Result<Option<TokenRecord>, AuthError>, now: u64) -> LoginStatus {
        LoginStatus::of(
            &client(&json!({})),
            Some("/auth/work.json".into()),
            &loaded,
            Duration::from_secs(now),
        )
    }

    #[test]
    fn a_script_reads_the_document_of_the_contract() {
        let tokens = json!({"access_token": "canary-a", "refresh_token": "canary-r", "expires_in": 3600});
        let report = StatusReport { logins: [of(Ok(Some(record(&tokens))), 1600)].into() };
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&report.to_json()).unwrap(),
            json!({"logins": [{
                "name": "work", "state": "valid", "subject": null, "scopes": ["a", "b"],
                "expires_at": "1970-01-01T01:16:40Z", "expires_in_s": 3000, "refreshable": true,
                "store": "file", "file": "/auth/work.json", "problem": null,
            }]})
        );
        assert!(!alloc::format!("{report:?}").contains("canary"));
    }

    #[test]
    fn a_person_reads_a_line_for_each_login() {
        let tokens = |more| {
            let mut fields = json!({"access_token": "canary-a", "scope": "x"});
            fields["expires_in"] = more;
            record(&fields)
        };
        let mut named = tokens(json!(600));
        named.subject = Some("me\u{1b}[2J".into());
        let mut other = tokens(json!(600));
        other.identity.client_id = "other".into();
        let logins = [
            of(Ok(Some(named)), 1000),
            of(Ok(Some(tokens(json!(null)))), 1000),
            of(Ok(Some(tokens(json!(1)))), 9000),
            of(Ok(None), 1000),
            of(Ok(Some(other)), 1000),
            of(Err(AuthError::Store("the file is damaged".into())), 1000),
        ];
        assert_eq!(
            StatusReport { logins: logins.into() }.to_text(),
            "work  valid for 10 min, not refreshable; me\\u{1b}[2J; scopes x\n\
             work  valid, not refreshable; user unknown; scopes x\n\
             work  expired, not refreshable; user unknown; scopes x\n\
             work  nobody is logged in\n\
             work  unreadable: the stored tokens belong to another provider or client than the settings name; `speckit auth login work` replaces them\n\
             work  unreadable: the file is damaged\n"
        );
    }

    #[test]
    fn a_missing_secret_is_a_problem_and_no_state() {
        let own = json!({"client_authentication": "basic", "client_secret_env": "WORK_SECRET"});
        let mut client = client(&own);
        client.secret = None;
        let record = record(&json!({"access_token": "canary-a", "refresh_token": "r", "expires_in": 3600}));
        let status = |client: &Client| {
            LoginStatus::of(client, None, &Ok(Some(record.clone())), Duration::from_secs(1600))
        };
        let missing = status(&client);
        assert_eq!(missing.state, LoginState::Valid);
        assert_eq!(
            StatusReport { logins: [missing].into() }.to_text(),
            "work  valid for 50 min, refreshable; user unknown; scopes a b\n      \
             the login `work` needs a client secret, and the variable `WORK_SECRET` has none: `export WORK_SECRET=…`\n"
        );
        client.secret = Some(crate::tree::typed::Secret::new("s".into()));
        assert_eq!(status(&client).problem, None);
    }
}
