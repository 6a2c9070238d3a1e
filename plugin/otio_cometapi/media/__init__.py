"""The media room: the only code that opens, cuts, writes or measures video."""
