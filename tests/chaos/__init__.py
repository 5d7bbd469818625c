"""Chaos: runs are started by clients while processes die, sleep and lose each other; then the history is checked."""
