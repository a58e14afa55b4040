mod gate;
mod progress;
