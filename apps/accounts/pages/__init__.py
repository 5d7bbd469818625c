"""Pages for who cannot sign in yet: a new password, an invitation. They work without JavaScript."""
