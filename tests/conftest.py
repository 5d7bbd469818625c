"""Fixtures of the tests that start real processes."""

from tests.browser import browse
from tests.live import live, live_home, live_module, short_leases
from tests.strangers import stranger

__all__ = ["browse", "live", "live_home", "live_module", "short_leases", "stranger"]
