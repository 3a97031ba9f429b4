"""What goes on by itself beside the messages: erasing, assessing again, publishing, chaining."""
