"""Shapes of robots, versions, runs and schedules on the wire."""
