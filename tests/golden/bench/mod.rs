mod errors;
mod examples;
mod reports;
