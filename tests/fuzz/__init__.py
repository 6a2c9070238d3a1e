"""Fuzzing: one harness for every place where strangers' bytes come in, for two engines; `python -m fuzz --help`."""
