"""What people write, whatever the question: characters, days, places, and the words around them."""
