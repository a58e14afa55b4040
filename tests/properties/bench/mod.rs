mod comparisons;
mod distributions;
mod known_values;
mod samples;
mod simulation;
mod summaries;
