mod lock_wait;
mod vacuum;
