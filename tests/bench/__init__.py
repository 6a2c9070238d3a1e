"""Benchmarks: what the work costs here, against the best alternative in the same run (`make bench`)."""
