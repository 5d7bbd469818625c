"""What is tried, generated from the surface: each case says how it must end."""
