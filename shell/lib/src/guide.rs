//! How to do things with speckit. Every example runs as a test.
//!
//! | guide | what you want to do |
//! |---|---|
//! | [`getting_started`] | load a struct from defaults, a file and the environment |
//! | [`layers`] | decide which source wins, and see which one did |
//! | [`environment`] | set any key by an environment variable |
#![cfg_attr(feature = "schemars", doc = "| [`schema`] | check types, ranges and names; the `x-` keywords |")]
#![cfg_attr(
    feature = "schemars",
    doc = "| [`secrets`] | keep passwords and tokens out of reports, logs and diffs |"
)]
#![cfg_attr(feature = "watch", doc = "| [`reload`] | change the configuration while the program runs |")]
#![cfg_attr(
    all(feature = "commands", feature = "schemars", feature = "testing"),
    doc = "| [`commands`] | give your program the commands `config show`, `explain`, `check`, `env`, `schema` and `init` |"
)]
#![cfg_attr(
    feature = "sources",
    doc = "| [`sources`] | read settings from a vault, a parameter store or an address |"
)]
#![cfg_attr(
    feature = "watch",
    doc = "| [`services`] | follow changes on tokio, axum, actix and plain threads |"
)]
//! | [`from_figment`] | move a program from figment |
#![cfg_attr(
    all(feature = "proptest", feature = "testing"),
    doc = "| [`testing`] | test the priority of your layers, and the configuration that comes out |"
)]
#![cfg_attr(feature = "retry", doc = "| [`retry`] | try a call again when another attempt may help |")]
#![cfg_attr(feature = "sqlite", doc = "| [`store`] | write to SQLite from many threads and processes |")]
#![cfg_attr(feature = "tracing", doc = "| [`logging`] | log loads, reloads and refusals |")]
#![cfg_attr(
    feature = "instrumentation",
    doc = "| [`instrumentation`] | measure parts of a running program |"
)]
#![cfg_attr(
    all(feature = "bench", feature = "sqlite"),
    doc = "| [`benchmarks`] | measure commands and functions, and notice that a change made them slower |"
)]
#![cfg_attr(
    feature = "policy",
    doc = "| [`policy`] | check files against rules, before a commit and in CI |"
)]
#![cfg_attr(
    feature = "auth",
    doc = "| [`auth`] | log in on a machine without a browser, and share tokens between processes |"
)]
#![cfg_attr(
    feature = "agents",
    doc = "| [`gates`] | run several programs in parallel, and decide by a quorum |"
)]
#![cfg_attr(feature = "app", doc = "| [`trust`] | decide which project files may choose programs |")]

#[doc = include_str!("guide/getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("guide/layers.md")]
pub mod layers {}

#[doc = include_str!("guide/environment.md")]
pub mod environment {}

#[cfg(feature = "schemars")]
#[doc = include_str!("guide/schema.md")]
pub mod schema {}

#[cfg(feature = "schemars")]
#[doc = include_str!("guide/secrets.md")]
pub mod secrets {}

#[cfg(feature = "watch")]
#[doc = include_str!("guide/reload.md")]
pub mod reload {}

#[cfg(all(feature = "commands", feature = "schemars", feature = "testing"))]
#[doc = include_str!("guide/commands.md")]
pub mod commands {}

#[cfg(feature = "sources")]
#[doc = include_str!("guide/sources.md")]
pub mod sources {}

#[cfg(feature = "watch")]
#[doc = include_str!("guide/services.md")]
pub mod services {}

#[doc = include_str!("guide/from_figment.md")]
pub mod from_figment {}

#[cfg(all(feature = "proptest", feature = "testing"))]
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[cfg(feature = "tracing")]
#[doc = include_str!("guide/logging.md")]
pub mod logging {}

#[cfg(feature = "instrumentation")]
#[doc = include_str!("guide/instrumentation.md")]
pub mod instrumentation {}

#[cfg(all(feature = "bench", feature = "sqlite"))]
#[doc = include_str!("guide/benchmarks.md")]
pub mod benchmarks {}

#[cfg(feature = "retry")]
#[doc = include_str!("guide/retry.md")]
pub mod retry {}

#[cfg(feature = "sqlite")]
#[doc = include_str!("guide/store.md")]
pub mod store {}

#[cfg(feature = "policy")]
#[doc = include_str!("guide/policy.md")]
pub mod policy {}

#[cfg(feature = "agents")]
#[doc = include_str!("guide/gates.md")]
pub mod gates {}

#[cfg(feature = "auth")]
#[doc = include_str!("guide/auth.md")]
pub mod auth {}

#[cfg(feature = "app")]
#[doc = include_str!("guide/trust.md")]
pub mod trust {}
