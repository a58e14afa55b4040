//! Reports of the policy check.

mod examples;
mod reports;
mod sarif;
