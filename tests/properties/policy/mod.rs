//! Laws of the policy check.

mod findings;
mod lexers;
