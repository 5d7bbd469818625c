"""Watching over a running robot: its lines, its progress, its limits, its end."""
