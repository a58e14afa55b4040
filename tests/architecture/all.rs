//! What keeps the two crates what they are.
