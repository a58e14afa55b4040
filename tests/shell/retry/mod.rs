mod command;
mod policies;
