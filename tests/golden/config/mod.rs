mod contract;
mod environment;
mod explanations;
mod history;
mod invalid;
mod overrides;
mod pictures;
mod printed;
