"""``python -m bench.plain.stream PACE SECONDS``: lines into a Redis stream, one XADD each, at an even pace."""

from __future__ import annotations

import os
import sys
import time

import redis

STREAM = "bench:stream"
KEPT = 10_000


def main(pace: float, seconds: float) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        due = time.monotonic()
        for _number in range(int(pace * seconds)):
            due += 1 / pace
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            client.xadd(STREAM, {"at": time.time_ns()}, maxlen=KEPT, approximate=True)
        client.xadd(STREAM, {"end": 1})


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
