"""The embedded PostgreSQL and Redis: real servers of one data directory, on Unix sockets only."""
