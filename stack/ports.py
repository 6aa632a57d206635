"""Ports on loopback."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now. A socket that merely waits out its end is no obstacle."""
    with socket.socket() as caller:
        caller.settimeout(0.5)
        if caller.connect_ex((LOOPBACK, port)) == 0:  # macOS would let us bind beside one that listens on every address
            return False
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that was free a moment ago; who needs certainty tries again with another when it is gone."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port
