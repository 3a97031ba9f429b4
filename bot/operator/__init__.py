"""The operator's commands: each does one thing to the store or the keys, and returns its answer."""
