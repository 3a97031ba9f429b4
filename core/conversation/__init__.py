"""The engine of conversations: forms, sessions, turns, texts."""
