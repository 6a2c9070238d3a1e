"""The story: the only code that knows the order of the road. One file a verb."""
