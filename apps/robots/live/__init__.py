"""Live logs: what one viewer is sent, whatever gets lost on the way. Nothing here knows a socket."""
