//! The parts that lexers find are those that other readers of the language find.

mod javascript;
mod oracle;
mod python;
mod toml;
mod yaml;
