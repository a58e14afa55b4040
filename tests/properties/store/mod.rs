mod vacuum;
