"""The portal for people: domains, services with their forms, runs. Each page parses, calls, and shows."""
