mod migrate;
#[cfg(unix)]
mod trust;
