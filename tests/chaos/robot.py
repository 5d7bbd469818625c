"""The robot of the chaos: it marks its lines, and tells a collector outside of everything that it does."""

PROGRAM = """\
import json
import os
import pathlib
import socket
import time
import uuid

given = json.loads(pathlib.Path(os.environ["OFICINA_PARAMETERS"]).read_text(encoding="utf-8"))
life = uuid.uuid4().hex[:12]
outside = socket.create_connection(("127.0.0.1", given["collector"]), timeout=20)


def tell(what: str, number: int) -> None:
    effect = {"run": os.environ["OFICINA_RUN_ID"], "life": life, "what": what, "number": number, "at": time.time()}
    outside.sendall(json.dumps(effect).encode() + b"\\n")


tell("began", 0)
for number in range(1, given["lines"] + 1):
    print(f"mark {life} {number}")
    tell("line", number)
    time.sleep(given["pause"])
tell("done", given["lines"])
"""
