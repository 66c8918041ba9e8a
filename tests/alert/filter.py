#!/usr/bin/python3
"""filter.py FAMILIES FILTER... -- PROGRAM...: runs a program under system call filters of a unit.

FAMILIES is a value of RestrictAddressFamilies=, each FILTER one of SystemCallFilter=, as in
systemd.exec(5); the sets are those of the installed systemd. What is not allowed fails with EPERM.
"""
import ctypes
import os
import socket
import subprocess
import sys

ALLOW, EPERM, EQUAL = 0x7FFF0000, 0x00050001, 4


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def calls(word):
    """The system calls of a set, or the one of this name."""
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    names = [line.strip() for line in told.stdout.splitlines()[1:]]
    return set().union(*(calls(name) for name in names if name and not name.startswith("#")))


end = sys.argv.index("--")
families, filters, program = sys.argv[1], sys.argv[2:end], sys.argv[end + 1 :]
allowed = calls("@default")
for words in filters:
    named = set().union(*(calls(word) for word in words.lstrip("~").split()))
    allowed = allowed - named if words.startswith("~") else allowed | named
allowed |= calls("@default")

library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(EPERM)))
for name in sorted(allowed - {"socket"}):
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0) == 0, name
number = library.seccomp_syscall_resolve_name(b"socket")
for family in families.split():
    is_family = (Compare * 1)(Compare(0, EQUAL, getattr(socket, family), 0))
    assert library.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 1, is_family) == 0, family
assert library.seccomp_load(context) == 0
os.execvp(program[0], program)
