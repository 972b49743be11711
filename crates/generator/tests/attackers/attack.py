#!/usr/bin/python3 -I
"""A script that attacks. Its option is that of the others."""

import ctypes
import fcntl
import os
import re
import resource
import signal
import socket
import sys

found = re.search(rb"targets:(\d+):(\d+):([^:]+):([^:]+):([^:]+):", sys.stdin.buffer.read())
first, second = int(found[1]), int(found[2])
file, folder, bound = found[3].decode(), found[4].decode(), found[5].decode()
done = []


def attempt(what, function, *arguments, **more):
    try:
        function(*arguments, **more)
    except (OSError, ValueError, AttributeError):
        return
    done.append(what)


for pid in (first, second):
    attempt("kill", os.kill, pid, signal.SIGSTOP)
    attempt("setpriority", os.setpriority, os.PRIO_PROCESS, pid, 19)
    attempt("prlimit", resource.prlimit, pid, resource.RLIMIT_NOFILE, (0, 0))
    attempt("sched_setaffinity", os.sched_setaffinity, pid, {0})
    attempt("sched_setscheduler", os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    attempt("pidfd_open", os.pidfd_open, pid)
    attempt("sigqueue", signal.pidfd_send_signal, 0, signal.SIGKILL)
    for name in ("environ", "mem", "maps", "cwd", "root", "fd/0", "cmdline", "exe"):
        attempt(f"open {name}", open, f"/proc/{pid}/{name}", "rb")
    for name in ("cwd", "root", "exe", "fd/0"):
        attempt(f"readlink {name}", os.readlink, f"/proc/{pid}/{name}")
    number = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
    tgkill = ctypes.CDLL(None, use_errno=True).syscall
    if tgkill(number, pid, pid, signal.SIGSTOP) == 0:
        done.append("tgkill")
attempt("setpriority of all", os.setpriority, os.PRIO_USER, os.getuid(), 19)
attempt("chmod", os.chmod, file, 0)
attempt("chown", os.chown, file, os.getuid(), os.getgid())
attempt("utime", os.utime, file)
attempt("setxattr", os.setxattr, file, "user.x", b"x")
attempt("truncate", os.truncate, file, 0)
attempt("open, truncating", os.open, file, os.O_RDONLY | os.O_TRUNC)
attempt("list", os.listdir, folder)
attempt("chmod of a folder", os.chmod, folder, 0)
attempt("chmod of its own", os.chmod, ".", 0o700)
for kind in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
    attempt("socket", socket.socket, kind, socket.SOCK_DGRAM)
    attempt("socket", socket.socket, kind, socket.SOCK_STREAM)
attempt("socketpair", socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
attempt("memfd", os.memfd_create, "x")
attempt("unshare", lambda: ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0 or exec("raise OSError"))
attempt("lease", fcntl.fcntl, 0, fcntl.F_SETLEASE, fcntl.F_RDLCK)
attempt("owner", fcntl.fcntl, 0, fcntl.F_SETOWN, first)
attempt("session", os.setsid)
attempt("group", os.setpgid, 0, 0)
attempt("mknod", os.mkfifo, "fifo")
attempt("limits", resource.setrlimit, resource.RLIMIT_NPROC, (10_000, 10_000))
# What a script needs.
with open("own", "w") as own:
    own.write("x")
if os.popen("cat own | tr x y").read() != "y":
    done.append("(a pipeline is refused)")
if done:
    print("succeeded:", ", ".join(done), file=sys.stderr)
    sys.exit(9)
