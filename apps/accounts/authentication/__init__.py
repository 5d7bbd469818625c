"""Credentials → actor, at every door: access token, API key, session cookie of the pages, ticket of a socket."""

from apps.accounts.authentication.http import ActorAuthentication
from apps.accounts.authentication.sockets import authenticate_socket, close_code, recheck

__all__ = ["ActorAuthentication", "authenticate_socket", "close_code", "recheck"]
