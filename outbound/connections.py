"""urllib3's connections, made by our dialer and kept under the current deadline."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from outbound.deadline import current
from outbound.dialer import Dialer, DialError

# A kept-alive connection is not used beyond this age: the name may point elsewhere by now.
MAX_AGE_SECONDS = 60.0


class StaleConnectionError(ConnectionResetError):
    """The peer had closed a kept-alive connection: not a byte of this request was answered."""


class HandshakeError(OSError):
    """The peer accepted the connection and no TLS session came of it."""


class WriteError(OSError):
    """The request could not be sent in time."""


class _Watched(HTTPConnection):
    """What plain and TLS connections share: dialer, deadline, and knowing whether they were used before."""

    dialer: Dialer
    opened_at = 0.0
    is_used = False
    is_reused = False

    def _new_conn(self) -> socket.socket:
        sock = self.dialer.dial(self._dns_host, self.port, self.socket_options)
        self.opened_at, self.is_used = time.monotonic(), False
        return sock

    def request(self, *args: Any, **options: Any) -> None:
        ends = current()
        self.is_reused = self.sock is not None and self.is_used
        if ends is not None and self.is_reused:
            ends.watch(self.sock)
        try:
            super().request(*args, **options)
        except TimeoutError as slow:
            raise WriteError from slow
        finally:
            self.is_used = True

    def getresponse(self) -> Any:
        ends = current()
        if ends is not None:
            self.timeout = ends.remaining()
        try:
            return super().getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError) as closed:
            if self.is_reused and not (ends and ends.expired):
                raise StaleConnectionError from closed
            raise

    def close_if_old(self) -> None:
        """Closed connections open again by themselves, by a new lookup and a new check."""
        if self.sock is not None and time.monotonic() - self.opened_at > MAX_AGE_SECONDS:
            self.close()


class WatchedHTTPConnection(_Watched):
    """Plain HTTP."""


class WatchedHTTPSConnection(_Watched, HTTPSConnection):
    """HTTPS; the certificate is checked against the name, whichever address was dialed."""

    def connect(self) -> None:
        try:
            super().connect()
        except (DialError, ssl.SSLCertVerificationError):
            raise
        except OSError as failed:
            raise HandshakeError from failed


class _DialingPool(HTTPConnectionPool):
    dialer: Dialer

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.dialer = self.dialer
        return connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        connection.close_if_old()
        return connection


class DialingHTTPPool(_DialingPool):
    ConnectionCls = WatchedHTTPConnection


class DialingHTTPSPool(_DialingPool, HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection


class DialingPoolManager(PoolManager):
    """Pools by host as urllib3 keeps them, every connection made by one dialer."""

    def __init__(self, dialer: Dialer, **options: Any) -> None:
        super().__init__(**options)
        self._dialer = dialer
        self.pool_classes_by_scheme = {"http": DialingHTTPPool, "https": DialingHTTPSPool}

    def _new_pool(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool: Any = super()._new_pool(*args, **options)
        pool.dialer = self._dialer
        made: HTTPConnectionPool = pool
        return made
