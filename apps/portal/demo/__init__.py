"""The demo organization's catalogue: a few real robots, offered as services."""
