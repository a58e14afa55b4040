//! A simulated world for a program: files in memory, an environment, a clock that only moves when the test
//! moves it, and randomness from a seed.

mod files;
mod random;
mod recording;
mod world;

pub use files::MemoryFiles;
pub use random::Random;
pub use recording::{ReadAnswer, Recording};
pub use world::{FakeWorld, Interrupt};
