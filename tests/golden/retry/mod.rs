mod plans;
mod policies;
