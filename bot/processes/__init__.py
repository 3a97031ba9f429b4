"""Processes beside ours: for pure computing, and for what strangers send, within limits."""
