"""From cases to what trains: examples, split from what judges, and with the way back to people."""
