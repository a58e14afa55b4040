//! What the server sends for a request, and how it fails to.

use std::time::Duration;

use serde_json::Value as Json;

use super::dialect::CANARY;

/// An answer of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers. `Content-Length` is added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Json) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// An answer with a body of a type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("Content-Type".into(), content_type.into())], body: body.into() }
    }

    /// The same answer with another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The bytes of the answer. Without a length, the body ends where the connection does.
    pub(super) fn to_bytes(&self, has_length: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match has_length {
            true => head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len())),
            false => head.push_str("Connection: close\r\n\r\n"),
        }
        [head.as_bytes(), &self.body].concat()
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) content: Content,
    pub(super) delay: Duration,
    pub(super) delivery: Delivery,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// What the model answers; it acts also if the answer is never delivered.
    Model,
    Answer(HttpAnswer),
    /// Bytes that need not be HTTP.
    Bytes(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// The body has no length.
    Unsized,
    /// The first half, then the end of the connection.
    Half,
    /// The first half, and the second one after a time.
    Halves(Duration),
    /// Nothing, and the end of the connection.
    Closed,
    /// Nothing, and a reset of the connection.
    Reset,
}

impl Reply {
    /// The answer of the model.
    pub fn model() -> Self {
        Self { content: Content::Model, delay: Duration::ZERO, delivery: Delivery::Whole }
    }

    /// This answer.
    pub fn answer(answer: HttpAnswer) -> Self {
        Self { content: Content::Answer(answer), ..Self::model() }
    }

    /// A JSON body.
    pub fn json(status: u16, body: &Json) -> Self {
        Self::answer(HttpAnswer::json(status, body))
    }

    /// An error code of OAuth.
    pub fn error(status: u16, error: &str) -> Self {
        Self::json(status, &serde_json::json!({ "error": error }))
    }

    /// The page of a proxy.
    pub fn html(status: u16) -> Self {
        Self::answer(HttpAnswer::text(status, "text/html", "<html><body><h1>Bad Gateway</h1></body></html>"))
    }

    /// A redirect to an address.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::answer(
            HttpAnswer { status, headers: Vec::new(), body: Vec::new() }.header("Location", location),
        )
    }

    /// A JSON object of at least so many bytes, whose length is not announced.
    pub fn large(status: u16, bytes: usize) -> Self {
        let body = format!("{{\"access_token\":\"{CANARY}large\",\"padding\":\"{}\"}}", "x".repeat(bytes));
        let answer = HttpAnswer::text(status, "application/json", body);
        Self { delivery: Delivery::Unsized, ..Self::answer(answer) }
    }

    /// Bytes that need not be HTTP, and the end of the connection.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { content: Content::Bytes(bytes.into()), ..Self::model() }
    }

    /// The same after a time in which nothing is sent.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The first half of it, then the end of the connection.
    #[must_use]
    pub fn cut_in_half(self) -> Self {
        Self { delivery: Delivery::Half, ..self }
    }

    /// The first half of it, and the second one after a time.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { delivery: Delivery::Halves(pause), ..self }
    }

    /// Nothing of it, and the end of the connection. A model acts all the same.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { delivery: Delivery::Closed, ..self }
    }

    /// Nothing of it, and a reset of the connection. A model acts all the same.
    #[must_use]
    pub fn reset(self) -> Self {
        Self { delivery: Delivery::Reset, ..self }
    }

    /// The bytes of the reply. `model` is asked only if it is the one who answers.
    pub(super) fn bytes_with(&self, model: impl FnOnce() -> HttpAnswer) -> Vec<u8> {
        let has_length = self.delivery != Delivery::Unsized;
        match &self.content {
            Content::Model => model().to_bytes(has_length),
            Content::Answer(answer) => answer.to_bytes(has_length),
            Content::Bytes(bytes) => bytes.clone(),
        }
    }

    /// Whether the connection ends after it.
    pub(super) fn ends_connection(&self) -> bool {
        let is_kept = matches!(self.delivery, Delivery::Whole | Delivery::Halves(_));
        !is_kept || matches!(self.content, Content::Bytes(_))
    }
}
