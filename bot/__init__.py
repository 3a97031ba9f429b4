"""The running program: how messages get in and out."""
