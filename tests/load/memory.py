"""Whether memory of processes is flat: looked at now and then, and a line laid through what was seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from tests.load.pace import pause

MIB = 1024**2
EVERY_SECONDS = 2.0
ALLOWED_SHARE, ALLOWED_BYTES = 0.05, 10 * MIB
"""Of growth after warming up, whichever is more: allocators round up."""
FEWEST = 3

Sample = tuple[float, int]
"""When, in seconds, and how many bytes."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What one process did: bytes in the beginning and by how many they grew in all, along the line of best fit."""

    name: str
    began: float
    grew: float

    @property
    def allowed(self) -> float:
        return max(ALLOWED_SHARE * self.began, ALLOWED_BYTES)

    @property
    def is_flat(self) -> bool:
        return self.grew <= self.allowed


def growth(name: str, samples: Sequence[Sample]) -> Growth:
    """The line of least squares through the samples, at its beginning and at its end."""
    if len(samples) < FEWEST:
        raise ValueError(f"{name} was looked at {len(samples)} times only")
    mean_time = sum(at for at, _bytes in samples) / len(samples)
    mean_bytes = sum(used for _at, used in samples) / len(samples)
    spread = sum((at - mean_time) ** 2 for at, _bytes in samples)
    slope = sum((at - mean_time) * (used - mean_bytes) for at, used in samples) / spread
    first, last = samples[0][0], samples[-1][0]
    return Growth(name, mean_bytes + slope * (first - mean_time), slope * (last - first))


@dataclass
class Watch:
    """Looks at processes by name, until it is cancelled."""

    processes: dict[str, psutil.Process]
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    async def look(self) -> None:
        while True:
            self._look_once(time.monotonic())
            await pause(EVERY_SECONDS)

    def _look_once(self, now: float) -> None:
        for name, process in self.processes.items():
            with suppress(psutil.NoSuchProcess):
                self.samples.setdefault(name, []).append((now, process.memory_info().rss))
                continue
            self.gone.add(name)

    def growths(self, since: float) -> list[Growth]:
        """Of every process, from that moment on."""
        return [
            growth(name, [sample for sample in samples if sample[0] >= since])
            for name, samples in self.samples.items()
            if name not in self.gone
        ]
