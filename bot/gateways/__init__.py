"""Services that we send to besides the chat: SMS."""
