"""The system calls that a program in the sandbox may not make, as a filter for the kernel (seccomp, classic BPF).

Namespaces hide files, processes and the network; this takes away what they do not cover: kernel interfaces with a
record of escapes, memory that no limit counts (System V segments, memfd), and socket families that know no
namespace (vsock reaches the host of a virtual machine).

Source: Linux Documentation/userspace-api/seccomp_filter.rst; numbers from the kernel's syscall tables (recalled).
"""

import errno
import platform
import struct
from typing import Final

# The same calls on both kinds of processor, in this order: ptrace process_vm_readv process_vm_writev kcmp add_key
# request_key keyctl bpf perf_event_open userfaultfd mount / umount2 pivot_root chroot setns unshare
# open_by_handle_at name_to_handle_at memfd_create shmget msgget semget / mq_open kexec_load kexec_file_load
# init_module finit_module delete_module syslog swapon swapoff reboot / settimeofday clock_settime acct quotactl
# personality
_X86_64: Final = (
    101, 310, 311, 312, 248, 249, 250, 321, 298, 323, 165,
    166, 155, 161, 308, 272, 304, 303, 319, 29, 68, 64,
    240, 246, 320, 175, 313, 176, 103, 167, 168, 169,
    164, 227, 163, 179, 135,
)  # fmt: skip
_AARCH64: Final = (
    117, 270, 271, 272, 217, 218, 219, 280, 241, 282, 40,
    39, 41, 51, 268, 97, 265, 264, 279, 194, 186, 190,
    180, 104, 294, 105, 273, 106, 116, 224, 225, 142,
    170, 112, 89, 60, 92,
)  # fmt: skip
_BOTH: Final = (428, 429, 430, 431, 432, 433, 438, 442, 447)
"""open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd, mount_setattr, memfd_secret."""
_ABSENT: Final = (425, 426, 427, 435)
"""io_uring and clone3: programs fall back where they are told that these do not exist."""

# audit architecture, system calls, and the numbers of socket, socketpair and clone
_MACHINES: Final = {
    "x86_64": (0xC000003E, _X86_64, (41, 53), 56),
    "aarch64": (0xC00000B7, _AARCH64, (198, 199), 220),
}
_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: all of them belong to the network namespace
_NEW_NAMESPACES: Final = 0x7E020000  # CLONE_NEWNS and its like

_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_JUMP_BITS: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little-endian


def known_machine() -> bool:
    """Whether a filter can be made for this kind of processor."""
    return platform.machine() in _MACHINES


def system_call_filter() -> bytes:
    """The filter as the kernel reads it: 8 bytes an instruction.

    Raises:
        KeyError: for a processor of another kind; see ``known_machine``.
    """
    architecture, numbers, sockets, clone = _MACHINES[platform.machine()]
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _ERROR | errno.EPERM),  # the x32 interface
    ]  # fmt: skip
    for number in (*numbers, *_BOTH):
        steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | errno.EPERM)]
    for number in _ABSENT:
        steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    for number in sockets:
        families = [(_JUMP_EQUAL, len(_FAMILIES) - i, 0, family) for i, family in enumerate(_FAMILIES)]
        refused = (_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT)
        block = [(_LOAD, 0, 0, _FIRST_ARGUMENT), *families, refused, (_RETURN, 0, 0, _ALLOW)]
        steps += [(_JUMP_EQUAL, 0, len(block), number), *block]
    block = [(_LOAD, 0, 0, _FIRST_ARGUMENT), (_JUMP_BITS, 0, 1, _NEW_NAMESPACES),
             (_RETURN, 0, 0, _ERROR | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]  # fmt: skip
    steps += [(_JUMP_EQUAL, 0, len(block), clone), *block, (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
