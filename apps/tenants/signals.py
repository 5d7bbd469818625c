"""Signals of provisioning, for the floors above."""

from django.dispatch import Signal

schema_prepared = Signal()
"""Sent inside an organization's schema, as its owner, after its migrations ran; receivers make reference rows."""

organization_created = Signal()
"""Sent with ``organization`` after the transaction that made it has committed."""
