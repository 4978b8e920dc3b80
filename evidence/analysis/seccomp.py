"""A process that has everything it needs shuts the doors behind itself (Linux seccomp filter, seccomp(2)).

After this no file is opened by name, no socket made, no program started, no other process touched; what is open stays
open. A decoder that is taken over finds one file to read and one to write. Elsewhere than Linux on x86-64 and arm64
the limits of resources still hold, and ``shut`` says False.
"""

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_CLONE3, _CLONE_THREAD, _BIT_SET = 435, 0x10000, 0x45
_X32 = 0x40000000  # the third ABI of x86-64 would pass a list of plain numbers by
# Audit architecture and the numbers of: open, creat, openat, openat2, socket, socketpair, connect, bind, execve,
# execveat, fork, vfork, ptrace, process_vm_readv, process_vm_writev, kill, tkill, unlink(at), rename(at, at2),
# link(at), symlink(at), mkdir(at), chmod, fchmodat, chown family, mount, io_uring_setup, bpf, keyctl, userfaultfd,
# perf_event_open, pidfd_open, pidfd_getfd, unshare, setns, open_by_handle_at, truncate.
_CLONE = {0xC000003E: 56, 0xC00000B7: 220}
_DENIED = {
    "x86_64": (
        0xC000003E,
        (2, 85, 257, 437, 41, 53, 42, 49, 59, 322, 57, 58, 101, 310, 311, 62, 200, 87, 263, 82, 264, 316, 86, 265, 88,
         266, 83, 258, 90, 268, 92, 260, 94, 165, 425, 321, 250, 323, 298, 434, 438, 272, 308, 304, 76),
    ),
    "aarch64": (
        0xC00000B7,
        (56, 437, 198, 199, 203, 200, 221, 281, 117, 270, 271, 129, 130, 35, 38, 276, 37, 36, 34, 53, 54, 40, 425, 280,
         219, 282, 241, 434, 438, 97, 268, 265, 45),
    ),
}  # fmt: skip


def shut() -> bool:
    """Puts the filter on for the rest of this process's life; whether that worked. Cannot be undone."""
    known = _DENIED.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    program = _program(*known)
    code = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    filters = struct.pack("HxxxxxxP", count, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    holder = ctypes.create_string_buffer(filters, len(filters))
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(holder), 0, 0) == 0)


def _program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """Classic BPF over struct seccomp_data: number at 0, architecture at 4, first argument at 16 (little endian)."""
    lines = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if architecture == _DENIED["x86_64"][0]:
        lines += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    for number in numbers:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    # A thread is allowed, another process is not. clone3 hides its flags behind a pointer: "not known here" makes the C
    # library fall back to clone.
    lines += [
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 3, _CLONE[architecture]),
        (_LOAD, 0, 0, 16),
        (_BIT_SET, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
