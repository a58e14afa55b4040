mod device_flow;
