"""How the answers of a form become a robot's arguments and environment. Pure: no model, no query, no request."""
