"""Fixtures of the tests that start real processes."""

from tests.live import live, live_home, short_leases
from tests.strangers import stranger

__all__ = ["live", "live_home", "short_leases", "stranger"]
