//! The program `speckit`.
fn main() {}
