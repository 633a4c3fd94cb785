"""Which UDP peers have nobody listening any more: the system is told by ICMP and tells us, on Linux; control thread.

UDP has no connections, but a datagram to a closed port comes back as an error. Linux keeps those errors with the address
they belong to (ip(7), IP_RECVERR); elsewhere none is kept and nobody is ever found gone this way.
"""

import contextlib
import errno
import socket
import struct
import sys

_IP_RECVERR = 11  # of Linux; not in every Python's socket module
_GONE = (errno.ECONNREFUSED, errno.EHOSTUNREACH)
_MOST = 256


def keep_refusals(sock: socket.socket) -> None:
    """Asks the system to keep the errors of this socket's datagrams."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def take_refusals(sock: socket.socket) -> list[tuple[str, int]]:
    """The peers that turned out to be gone since the last call; never waits."""
    gone: list[tuple[str, int]] = []
    if sys.platform != "linux":
        return gone
    for _ in range(_MOST):
        try:
            _, ancillary, _, peer = sock.recvmsg(0, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            break
        for level, kind, data in ancillary:
            if (level, kind) == (socket.IPPROTO_IP, _IP_RECVERR) and struct.unpack_from("=I", data)[0] in _GONE:
                gone.append(peer[:2])
    return gone
