mod device_flow;
mod token;
