"""How much an uploaded artifact may contain."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Caps of one artifact; sizes in bytes, measured while reading and never taken from headers."""

    files: int = 5_000
    unpacked_bytes: int = 1024 * MIB
    # Deflate reaches 1,030:1 only on data made for it. Small members may be as dense as they like.
    ratio: int = 250
    ratio_counts_from_bytes: int = MIB
    name_bytes: int = 400
