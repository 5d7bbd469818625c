"""Credentials → actor, at every door: access token, API key, session cookie of the pages, ticket of a socket."""
