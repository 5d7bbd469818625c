"""Project configuration: environment, settings, entry points."""
