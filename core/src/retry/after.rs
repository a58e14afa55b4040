//! HTTP's `Retry-After`.
