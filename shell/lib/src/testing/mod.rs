//! Tests of your own settings (feature `testing`): a [`Sandbox`] with files, variables and a clock of its own, and [`assert_file`], which
//! compares a committed file with what your program writes.

mod committed_file;
mod sandbox;

pub use committed_file::assert_file;
pub use sandbox::Sandbox;
