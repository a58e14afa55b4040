//! What stands in for the world of a program: files in memory, an environment, a clock that only moves when it is
//! told to, and chance that comes from a seed.

mod files;
mod random;
mod recording;
mod world;

pub use files::MemoryFiles;
pub use random::Random;
pub use recording::{ReadAnswer, Recording};
pub use world::{FakeWorld, Interrupt};
