mod capture;
mod consensus;
mod credentials;
mod gate;
mod guard;
mod plan;
mod registry;
mod supervise;
