"""What is measured of a net: pure functions of (net, data), vectorised by the caller over snapshots and seeds."""
