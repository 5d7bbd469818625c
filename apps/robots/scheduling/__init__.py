"""When robots run by themselves. Pure calculation: no clock, no database."""
