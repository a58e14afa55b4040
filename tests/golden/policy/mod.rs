//! Reports of the policy check.

mod examples;
mod reports;
mod sarif;
mod shipped_rules;
