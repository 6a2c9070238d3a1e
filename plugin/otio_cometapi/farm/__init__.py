"""Many machines: the only room that knows the distributed engine."""
