"""The proof of isolation on a database of its own, and the proof that it finds leaks: planted ones."""
