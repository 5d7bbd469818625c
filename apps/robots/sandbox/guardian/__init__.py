"""The program that starts robots and outlives their worker by a moment.

A worker that dies cannot clean up after itself, and bubblewrap's own tie to its parent has gaps of a millisecond
around each start. So robots are children of a small process that does nothing else: it adopts every orphan of theirs
(Linux), notices the end of its worker by the end of a socket, and then kills all that is below it.

Standard library only, no Django: it starts in milliseconds and stays small.
"""
