# SPDX-License-Identifier: Apache-2.0
"""What the process that reads foreign files gives up: much memory, a network, other programs and processes, and any
change to a file: it opens for reading only, and takes nothing away.
"""

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
# BPF: load a word, jump if equal, jump if not less, jump if any of these bits, return
_LOAD, _EQUAL, _LEAST, _ANY, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16  # struct seccomp_data; an argument is 8 bytes, its low word first
_TO_CHANGE = 0o3 | 0o100 | 0o1000 | 0o20000000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE
_OTHER_ABI = 0x40000000


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of one machine's system calls (Linux: arch/*/include/uapi/asm/unistd.h).

    `opening`: those that open a file, with which of their arguments says what for.
    """

    machine: int
    refused: tuple[int, ...]
    opening: tuple[tuple[int, int], ...]


_EVERYWHERE = (424, 425, 434, 437, 438, 452)  # signal and copy of another process's file, io_uring, openat2, fchmodat2
CALLS = {
    "x86_64": Calls(
        0xC000003E,
        (
            # socket, socketpair, bind, listen, accept, accept4, connect, sendto, sendmsg, sendmmsg
            *(41, 53, 49, 50, 43, 288, 42, 44, 46, 307),
            # execve, execveat, ptrace, process_vm_readv and writev, kill, tkill, tgkill, both rt sigqueueinfo
            *(59, 322, 101, 310, 311, 62, 200, 234, 129, 297),
            # creat, truncate, ftruncate, rename (3), unlink (2), rmdir, mkdir (2), link (2), symlink (2), mknod (2)
            *(85, 76, 77, 82, 264, 316, 87, 263, 84, 83, 258, 86, 265, 88, 266, 133, 259),
            # chmod (3), chown (4), times (4), attributes of files (6)
            *(90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199),
            # open by handle, mount, umount, chroot, unshare, setns, bpf, perf events, keys (3)
            *(304, 165, 166, 161, 272, 308, 321, 298, 248, 249, 250),
            *_EVERYWHERE,
        ),
        ((2, 1), (257, 2)),
    ),
    "aarch64": Calls(
        0xC00000B7,
        (
            *(198, 199, 200, 201, 202, 242, 203, 206, 211, 269),
            *(221, 281, 117, 270, 271, 129, 130, 131, 138, 240),
            *(45, 46, 38, 276, 35, 34, 37, 36, 33),
            *(52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16),
            *(265, 40, 39, 51, 97, 268, 280, 241, 217, 218, 219),
            *_EVERYWHERE,
        ),
        ((56, 2),),
    ),
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
            done += ["no network and no other programs", "no change to files and processes"]
    return tuple(done)


def program(calls: Calls) -> bytes:
    """The filter: another machine's calls end the process, those on the list are refused, all others go on."""
    refuse = 6 + 3 * len(calls.opening) + len(calls.refused)
    lines = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, calls.machine),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_LEAST, refuse - 5, 0, _OTHER_ABI),
    ]
    for number, argument in calls.opening:
        lines += [(_EQUAL, 0, 2, number), (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)]
        lines.append((_ANY, refuse - len(lines) - 1, refuse - len(lines) - 2, _TO_CHANGE))
    lines += [(_EQUAL, refuse - at - 1, 0, number) for at, number in enumerate(calls.refused, len(lines))]
    lines += [(_ANSWER, 0, 0, _ALLOW), (_ANSWER, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _filter(calls: Calls) -> bool:
    code = program(calls)
    kept = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(kept)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(head), 0, 0) == 0)
