"""The form engine: what a service asks of the person who runs it. Pure: no model, no query, no request."""
