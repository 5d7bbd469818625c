"""OpenID Connect: what an issuer says of itself, its tokens, and the code flow of browsers."""
