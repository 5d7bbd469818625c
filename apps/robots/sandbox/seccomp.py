"""A filter of system calls: what no robot needs and what attacks on the kernel begin with is refused.

The program is the classic BPF that the kernel takes, written for the machine we run on. An empty program would be
refused by bubblewrap, which makes its pipe the gate of a start: a robot whose supervisor died before opening the gate
never runs.
"""

from __future__ import annotations

import errno
import platform
import struct
from functools import cache

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NEW_USER_NAMESPACE = 0x10000000
_X32 = 0x40000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# (x86_64, aarch64); -1 where a machine has no such call.
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "ioperm": (173, -1),
    "iopl": (172, -1),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "userfaultfd": (323, 282),
}
_CLONE, _UNSHARE, _CLONE3, _IOCTL = (56, 220), (272, 97), (435, 435), (16, 29)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "arm64": (1, 0xC00000B7)}


@cache
def program() -> bytes:
    """The filter for this machine; on machines without a table one that allows everything."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return _instruction(_RETURN, _ALLOW)
    column, architecture = machine
    refuse, no_call = _instruction(_RETURN, _ERROR | errno.EPERM), _instruction(_RETURN, _ERROR | errno.ENOSYS)
    code = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, architecture, then=1),
        no_call,  # another architecture's numbers mean other calls
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_GREATER_EQUAL, _X32, otherwise=1),
        no_call,
        # Its flags lie in memory, out of reach of a filter; the C library then falls back to clone.
        *_when(_CLONE3[column], no_call),
        *_when_argument(_CLONE[column], _FIRST_ARGUMENT, [(_JUMP_SET, _NEW_USER_NAMESPACE)], refuse),
        *_when_argument(_UNSHARE[column], _FIRST_ARGUMENT, [(_JUMP_SET, _NEW_USER_NAMESPACE)], refuse),
        *_when_argument(_IOCTL[column], _SECOND_ARGUMENT, [(_JUMP_EQUAL, _TIOCSTI), (_JUMP_EQUAL, _TIOCLINUX)], refuse),
    ]
    for numbers in _REFUSED.values():
        if numbers[column] >= 0:
            code += _when(numbers[column], refuse)
    return b"".join([*code, _instruction(_RETURN, _ALLOW)])


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _when(number: int, action: bytes) -> list[bytes]:
    return [_instruction(_JUMP_EQUAL, number, otherwise=1), action]


def _when_argument(number: int, offset: int, tests: list[tuple[int, int]], action: bytes) -> list[bytes]:
    """Refuse a call when one of the tests on the lower half of an argument holds."""
    body = [_instruction(_LOAD, offset)]
    for code, value in tests:
        body += [_instruction(code, value, otherwise=1), action]
    body.append(_instruction(_RETURN, _ALLOW))
    return [_instruction(_JUMP_EQUAL, number, otherwise=len(body)), *body]
