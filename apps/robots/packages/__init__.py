"""Packages: what is uploaded, what it contains, and what it needs to run. Nothing here knows a database."""
