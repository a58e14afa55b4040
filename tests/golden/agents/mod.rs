mod gate;
mod outputs;
mod progress;
mod shipped_outputs;
