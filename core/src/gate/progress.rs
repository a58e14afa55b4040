//! How far a gate is, as lines on a terminal.
