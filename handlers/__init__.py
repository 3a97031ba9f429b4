"""The conversations: what is asked and answered, a file each."""
