mod trust;
