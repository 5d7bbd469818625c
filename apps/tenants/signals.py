"""Signals of provisioning and of the platform, for the floors above."""

from django.dispatch import Signal

schema_prepared = Signal()
"""Sent inside an organization's schema, as its owner, after its migrations ran; receivers make reference rows."""

organization_created = Signal()
"""Sent with ``organization`` after the transaction that made it has committed."""

organization_restored = Signal()
"""Sent with ``organization`` and ``now`` inside a schema that an archive was read into, in the same transaction;
receivers put right what the rows say of another installation."""

organization_changed = Signal()
"""Sent inside the transaction of a change by the platform, with ``name`` (of the event), ``actor``, ``organization``,
``data`` and ``now``; the ledger listens."""
