//! A simulated world for a program: files in memory, an environment, a clock that only the test moves, and random
//! numbers from a seed.

mod files;
pub mod model_server;
pub mod provider;
mod random;
mod recording;
mod world;

pub use files::MemoryFiles;
pub use random::Random;
pub use recording::{RecordedRead, Recording};
pub use world::{FakeWorld, Interrupt};
