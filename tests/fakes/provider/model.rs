//! What a provider knows: codes that people approve, and families of tokens that come from one login.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::dialect::{Authentication, CANARY, Dialect, Discovery, RefreshRule};
use super::http::{ReceivedRequest, Route, decoded};
use super::reply::HttpAnswer;

/// The grant type of RFC 8628.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What happened to a login at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person approved.
    Approve,
    /// The person declined.
    Deny,
    /// Nobody did anything until the code expired.
    Expire,
}

/// The state of a provider.
pub(super) struct Model {
    pub(super) dialect: Dialect,
    /// `http://127.0.0.1:PORT`.
    base: String,
    started: Instant,
    /// How far the clock of the provider was moved.
    pub(super) moved: Duration,
    /// Each new code is decided so at this poll, counted from 1.
    pub(super) plan: Option<(u32, Decision)>,
    logins: Vec<PendingLogin>,
    families: Vec<TokenFamily>,
    issued: u32,
    /// How many times an old refresh token was used.
    pub(super) reuses: u32,
}

struct PendingLogin {
    device_code: String,
    user_code: String,
    scope: String,
    challenge: Option<String>,
    expires: Duration,
    decision: Option<Decision>,
    polls: u32,
    last_poll: Option<Duration>,
    is_redeemed: bool,
}

/// The tokens of one login.
struct TokenFamily {
    scope: String,
    /// Each access token with the time of its end.
    access_tokens: Vec<(String, Option<Duration>)>,
    /// The last one is in force.
    refresh_tokens: Vec<String>,
    refresh_expires: Option<Duration>,
    is_revoked: bool,
}

/// An error code of OAuth.
type ErrorCode = &'static str;

impl Model {
    pub(super) fn new(dialect: Dialect, base: String) -> Self {
        Self {
            dialect,
            base,
            started: Instant::now(),
            moved: Duration::ZERO,
            plan: None,
            logins: Vec::new(),
            families: Vec::new(),
            issued: 0,
            reuses: 0,
        }
    }

    pub(super) fn issuer(&self) -> String {
        format!("{}{}", self.base, self.dialect.issuer_path)
    }

    pub(super) fn route(&self, path: &str) -> Route {
        let path = path.split('?').next().unwrap_or_default();
        let issuer = &self.dialect.issuer_path;
        if path == self.dialect.device_path {
            Route::Device
        } else if path == self.dialect.token_path {
            Route::Token
        } else if self.dialect.revocation_path.as_deref() == Some(path) {
            Route::Revocation
        } else if path == format!("{issuer}/.well-known/openid-configuration") {
            Route::OidcDiscovery
        } else if path == format!("/.well-known/oauth-authorization-server{issuer}") {
            Route::OauthDiscovery
        } else {
            Route::Elsewhere
        }
    }

    pub(super) fn answer(&mut self, request: &ReceivedRequest) -> HttpAnswer {
        let is_discovery = match request.route {
            Route::OidcDiscovery => self.dialect.discovery == Discovery::Oidc,
            Route::OauthDiscovery => self.dialect.discovery == Discovery::Oauth,
            _ => false,
        };
        if is_discovery && request.method == "GET" {
            return HttpAnswer::json(200, &self.discovery_document());
        }
        let is_endpoint = matches!(request.route, Route::Device | Route::Token | Route::Revocation);
        if !is_endpoint || request.method != "POST" {
            return HttpAnswer::text(404, "text/html", "<html>there is no such page</html>");
        }
        if !self.is_authentic(request) {
            return self.error("invalid_client", request);
        }
        if !request.repeated.is_empty() {
            return self.error("invalid_request", request);
        }
        let result = match request.route {
            Route::Device => self.begin(request),
            Route::Token => self.token(request),
            _ => self.revoke(request),
        };
        match result {
            Ok(Json::Null) => HttpAnswer::text(200, "text/plain", ""),
            Ok(body) => self.body(200, &body, request),
            Err(error) => self.error(error, request),
        }
    }

    pub(super) fn discovery_document(&self) -> Json {
        let url = |path: &str| format!("{}{path}", self.base);
        let mut document = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": url("/authorize"),
            "device_authorization_endpoint": url(&self.dialect.device_path),
            "token_endpoint": url(&self.dialect.token_path),
            "jwks_uri": url("/keys"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_GRANT],
        });
        if let Some(path) = &self.dialect.revocation_path {
            document["revocation_endpoint"] = url(path).into();
        }
        document
    }

    fn is_authentic(&self, request: &ReceivedRequest) -> bool {
        let Dialect { client_id, client_secret, authentication, .. } = &self.dialect;
        let is_known = request.field("client_id") == client_id;
        let by_post = is_known && request.field("client_secret") == client_secret;
        let pair = request.authorization().and_then(|header| header.strip_prefix("Basic "));
        let pair =
            pair.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let by_basic = pair.as_deref().and_then(|pair| pair.split_once(':'));
        let by_basic = by_basic
            .is_some_and(|(id, secret)| decoded(id) == *client_id && decoded(secret) == *client_secret);
        // Google asks for the secret only where tokens are issued.
        let is_device = request.route == Route::Device;
        match authentication {
            Authentication::None => is_known,
            Authentication::Post => by_post || (is_device && is_known),
            Authentication::Basic => by_basic,
            // RFC 6749, section 2.3: not more than one method in a request.
            Authentication::PostOrBasic => by_post != by_basic,
        }
    }

    fn begin(&mut self, request: &ReceivedRequest) -> Result<Json, ErrorCode> {
        let scope = request.field("scope").to_owned();
        let known = &self.dialect.scopes;
        if !known.is_empty() && !scope.split_whitespace().all(|word| known.iter().any(|one| one == word)) {
            return Err("invalid_scope");
        }
        let challenge = request.form.get("code_challenge").cloned();
        let has_method = request.field("code_challenge_method") == "S256";
        if self.dialect.needs_pkce && (challenge.is_none() || !has_method) {
            return Err("invalid_request");
        }
        let number = self.logins.len() + 1;
        let (device_code, user_code) = (format!("{CANARY}device-code-{number}"), format!("USER-{number:04}"));
        let lifetime = self.dialect.code_lifetime;
        let page = format!("{}/activate", self.base);
        let mut answer = json!({
            "device_code": device_code,
            "user_code": user_code,
            "expires_in": lifetime,
        });
        answer[self.dialect.verification_field] = page.as_str().into();
        if self.dialect.has_complete_uri {
            answer["verification_uri_complete"] = format!("{page}?user_code={user_code}").into();
        }
        if let Some(interval) = &self.dialect.interval {
            answer["interval"] = interval.clone();
        }
        self.logins.push(PendingLogin {
            device_code,
            user_code,
            scope,
            challenge,
            expires: self.now() + Duration::from_secs(lifetime),
            decision: None,
            polls: 0,
            last_poll: None,
            is_redeemed: false,
        });
        Ok(answer)
    }

    fn token(&mut self, request: &ReceivedRequest) -> Result<Json, ErrorCode> {
        match request.field("grant_type") {
            DEVICE_GRANT => self.poll(request),
            "refresh_token" => self.refresh(request.field("refresh_token")),
            _ => Err("unsupported_grant_type"),
        }
    }

    fn poll(&mut self, request: &ReceivedRequest) -> Result<Json, ErrorCode> {
        let (now, plan, is_strict) = (self.now(), self.plan, self.dialect.is_strict);
        let interval = self.dialect.interval.as_ref().and_then(Json::as_u64).unwrap_or(5);
        let code = request.field("device_code");
        let login = self.logins.iter_mut().find(|login| login.device_code == code && !login.is_redeemed);
        let login = login.ok_or("invalid_device_code")?;
        login.polls += 1;
        if let Some((_, decision)) = plan.filter(|(poll, _)| login.polls >= *poll) {
            login.decision.get_or_insert(decision);
        }
        let last = login.last_poll.replace(now);
        if now >= login.expires || login.decision == Some(Decision::Expire) {
            return Err("expired_token");
        }
        if is_strict && last.is_some_and(|last| now - last < Duration::from_secs(interval)) {
            return Err("slow_down");
        }
        if let Some(challenge) = &login.challenge {
            let verifier = request.field("code_verifier");
            if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != *challenge {
                return Err("invalid_grant");
            }
        }
        match login.decision {
            None => Err("authorization_pending"),
            Some(Decision::Approve) => {
                login.is_redeemed = true;
                let scope = login.scope.clone();
                Ok(self.grant(scope))
            }
            Some(_) => Err("access_denied"),
        }
    }

    /// The answer that grants the tokens of a new login.
    pub(super) fn grant(&mut self, scope: String) -> Json {
        let lifetime = self.dialect.refresh_lifetime.map(|(_, seconds)| Duration::from_secs(seconds));
        self.families.push(TokenFamily {
            scope,
            access_tokens: Vec::new(),
            refresh_tokens: Vec::new(),
            refresh_expires: lifetime.map(|lifetime| self.now() + lifetime),
            is_revoked: false,
        });
        let has_refresh = self.dialect.refresh != RefreshRule::Never;
        self.issue(self.families.len() - 1, has_refresh)
    }

    fn refresh(&mut self, token: &str) -> Result<Json, ErrorCode> {
        let (now, rule) = (self.now(), self.dialect.refresh);
        let family =
            self.families.iter().position(|family| family.refresh_tokens.iter().any(|one| one == token));
        let index = family.ok_or("invalid_grant")?;
        let family = &mut self.families[index];
        if rule == RefreshRule::Rotated && family.refresh_tokens.last().is_none_or(|last| last != token) {
            family.is_revoked = true;
            self.reuses += 1;
        }
        if family.is_revoked || family.refresh_expires.is_some_and(|end| now >= end) {
            return Err("invalid_grant");
        }
        Ok(self.issue(index, matches!(rule, RefreshRule::Added | RefreshRule::Rotated)))
    }

    fn issue(&mut self, family: usize, has_refresh: bool) -> Json {
        self.issued += 1;
        let (number, now) = (self.issued, self.now());
        let Dialect { token_lifetime, refresh_lifetime, has_id_token, has_comma_scopes, .. } = &self.dialect;
        let family = &mut self.families[family];
        let access_token = format!("{CANARY}access-token-{number}");
        let mut answer = json!({ "access_token": access_token, "token_type": "Bearer" });
        if !family.scope.is_empty() {
            let separator = if *has_comma_scopes { "," } else { " " };
            answer["scope"] = family.scope.replace(' ', separator).into();
        }
        if let Some(seconds) = token_lifetime {
            answer["expires_in"] = (*seconds).into();
        }
        if has_refresh {
            let token = format!("{CANARY}refresh-token-{number}");
            answer["refresh_token"] = token.as_str().into();
            family.refresh_tokens.push(token);
            if let Some((field, seconds)) = refresh_lifetime {
                answer[*field] = (*seconds).into();
                family.refresh_expires = Some(now + Duration::from_secs(*seconds));
            }
        }
        let is_asked = family.scope.split_whitespace().any(|scope| scope == "openid");
        family
            .access_tokens
            .push((access_token, token_lifetime.map(|seconds| now + Duration::from_secs(seconds))));
        if *has_id_token && is_asked {
            answer["id_token"] = self.id_token(number).into();
        }
        answer
    }

    /// An unsigned ID token: clients that read it from the token endpoint need no signature.
    fn id_token(&self, number: u32) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        let claims = json!({
            "iss": self.issuer(),
            "aud": self.dialect.client_id,
            "sub": "subject-1",
            "email": "person@example.test",
        });
        let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        format!("{}.{}.{CANARY}id-token-{number}", parts[0], parts[1])
    }

    /// RFC 7009: an unknown token is as good as a revoked one. A refresh token takes its access tokens with it.
    fn revoke(&mut self, request: &ReceivedRequest) -> Result<Json, ErrorCode> {
        let token = request.field("token");
        if token.is_empty() {
            return Err("invalid_request");
        }
        for family in &mut self.families {
            family.is_revoked |= family.refresh_tokens.iter().any(|one| one == token);
            family.access_tokens.retain(|(one, _)| one != token);
        }
        Ok(Json::Null)
    }

    fn error(&self, error: ErrorCode, request: &ReceivedRequest) -> HttpAnswer {
        let (status, word) = self.dialect.word(error);
        let mut body = json!({ "error": word, "error_description": format!("the provider says: {word}") });
        if error == "slow_down" && self.dialect.is_form_by_default {
            // GitHub names the new interval.
            let interval = self.dialect.interval.as_ref().and_then(Json::as_u64).unwrap_or(5);
            body["interval"] = (interval + 5).into();
        }
        let answer = self.body(status, &body, request);
        if status == 401 { answer.header("WWW-Authenticate", "Basic realm=\"provider\"") } else { answer }
    }

    fn body(&self, status: u16, body: &Json, request: &ReceivedRequest) -> HttpAnswer {
        let demands_json = request.headers.get("accept").is_some_and(|accept| accept.contains("json"));
        let fields = body.as_object().filter(|_| self.dialect.is_form_by_default && !demands_json);
        match fields {
            Some(fields) => HttpAnswer::text(status, "application/x-www-form-urlencoded", form(fields)),
            None => HttpAnswer::json(status, body),
        }
    }

    pub(super) fn decide(&mut self, user_code: &str, decision: Decision) -> bool {
        let login = self.logins.iter_mut().find(|login| login.user_code == user_code);
        login.map(|login| login.decision = Some(decision)).is_some()
    }

    pub(super) fn pending_user_codes(&self) -> Vec<String> {
        let now = self.now();
        let pending = self.logins.iter().filter(|login| login.decision.is_none() && now < login.expires);
        pending.map(|login| login.user_code.clone()).collect()
    }

    pub(super) fn accepts_access_token(&self, token: &str) -> bool {
        let now = self.now();
        let mut valid =
            self.families.iter().filter(|family| !family.is_revoked).flat_map(|family| &family.access_tokens);
        valid.any(|(one, end)| one == token && end.is_none_or(|end| now < end))
    }

    /// Whether a refresh with this token would succeed.
    pub(super) fn accepts_refresh_token(&self, token: &str) -> bool {
        let is_any = self.dialect.refresh != RefreshRule::Rotated;
        let valid = self.families.iter().filter(|family| !family.is_revoked);
        let mut valid = valid.filter(|family| family.refresh_expires.is_none_or(|end| self.now() < end));
        valid.any(|family| match is_any {
            true => family.refresh_tokens.iter().any(|one| one == token),
            false => family.refresh_tokens.last().is_some_and(|last| last == token),
        })
    }

    pub(super) fn revoke_all(&mut self) {
        self.families.iter_mut().for_each(|family| family.is_revoked = true);
    }

    fn now(&self) -> Duration {
        self.started.elapsed() + self.moved
    }
}

/// The fields as a form, with texts that need no escape but for blanks.
fn form(fields: &Map<String, Json>) -> String {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), |text| text.replace(' ', "+"));
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", text(value)));
    pairs.collect::<Vec<_>>().join("&")
}
