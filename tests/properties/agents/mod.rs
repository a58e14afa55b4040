mod capture;
mod consensus;
mod gate;
mod guard;
mod plan;
mod registry;
mod supervise;
