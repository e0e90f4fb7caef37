# SPDX-License-Identifier: Apache-2.0
"""What the process that reads foreign files gives up: much memory, writing files, starting programs, a network."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from dataclasses import dataclass

MEMORY_BYTES = 1024 * 1024 * 1024
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1  # the last answers EPERM
_LOAD, _EQUAL, _LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06  # BPF: load a word, jump if equal, jump if not less, return
_NUMBER_AT, _MACHINE_AT = 0, 4  # struct seccomp_data
_OTHER_ABI = 0x40000000


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of one machine's system calls (Linux: arch/*/include/uapi/asm/unistd.h)."""

    machine: int
    refused: tuple[int, ...]


# socket, socketpair, bind, listen, accept, connect, sendto, execve, execveat, ptrace, reading another process's memory
CALLS = {
    "x86_64": Calls(0xC000003E, (41, 53, 49, 50, 43, 42, 44, 59, 322, 101, 310)),
    "aarch64": Calls(0xC00000B7, (198, 199, 200, 201, 202, 203, 206, 221, 281, 117, 270)),
}


def cage_this_process(memory_bytes: int = MEMORY_BYTES) -> tuple[str, ...]:
    """Give up what reading does not need, for good; returns what took hold, so that it can be shown and tested.

    Call it after the last import of code and before the first byte of a file. Systems other than Linux give up less.
    """
    done: list[str] = []
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        done += ["no core file", "bounded memory", "no writing of files"]
        calls = CALLS.get(platform.machine())
        if calls is not None and _filter(calls):
            done.append("no network and no other programs")
    return tuple(done)


def program(calls: Calls) -> bytes:
    """The filter: another machine's calls end the process, those on the list are refused, all others go on."""
    refused = calls.refused
    lines = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, calls.machine),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_LEAST, len(refused) + 1, 0, _OTHER_ABI),
        *((_EQUAL, len(refused) - at, 0, number) for at, number in enumerate(refused)),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _filter(calls: Calls) -> bool:
    code = program(calls)
    kept = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(kept)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(head), 0, 0) == 0)
