mod migration;
mod trust;
