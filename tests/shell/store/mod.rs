mod command;
mod database;
mod vacuum;
