//! Laws of the policy check.

mod lexers;
