"""From a host name to a connected socket whose other end is an address that we may talk to."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from outbound.addresses import Address, AddressPolicy, AddressRefused, check_address
from outbound.deadline import current
from outbound.resolver import ResolutionError, ResolutionTimeoutError, Resolver, process_resolver

RESOLVE_SECONDS, CONNECT_SECONDS, MAX_ADDRESSES = 3.0, 3.0, 6
SocketOptions = list[tuple[int, int, int | bytes]]


class DialError(OSError):
    """No connection. `code` is one of the outbound codes, `message` names neither URL nor header."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Dialer:
    """Resolves, checks every answer, connects to one of them. Without a policy there are no address rules."""

    def __init__(self, policy: AddressPolicy | None, resolver: Resolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver

    def dial(self, host: str, port: int, options: SocketOptions | None) -> socket.socket:
        """A connected socket, its timeout the time that is left. Raises DialError.

        One forbidden answer refuses the name: who mixes them is trying which one gets used. A dead address
        is passed over for the next one.
        """
        addresses = self._addresses(host)
        for address in addresses:
            self._check(address)
        failure = DialError("dns_failed", "The host name has no address.")
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return self._connect(address, port, options)
            except TimeoutError:
                failure = DialError("connect_timeout", "The host did not accept a connection in time.")
            except OSError as refused:
                if isinstance(refused, DialError):
                    raise
                failure = DialError("connect_refused", refused.strerror or "The connection was refused.")
        raise failure

    def _addresses(self, host: str) -> tuple[Address, ...]:
        try:
            return (ip_address(host.strip("[]")),)
        except ValueError:
            pass  # a name
        try:
            resolver = self._resolver or process_resolver()
            return resolver.resolve(self._query(host), seconds=min(RESOLVE_SECONDS, _remaining()))
        except ResolutionError:
            raise DialError("dns_failed", "The host name cannot be resolved.") from None
        except ResolutionTimeoutError:
            raise DialError("dns_timeout", "The host name was not resolved in time.") from None

    def _query(self, host: str) -> str:
        """With a final dot the resolver does not try our own search domains, where names of ours live."""
        strict = self._policy is not None and not self._policy.allowed_networks
        return f"{host}." if strict and not host.endswith(".") else host

    def _connect(self, address: Address, port: int, options: SocketOptions | None) -> socket.socket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            sock.settimeout(min(CONNECT_SECONDS, _remaining()))
            sock.connect((str(address), port))
            self._check(ip_address(sock.getpeername()[0]))
        except BaseException:
            sock.close()
            raise
        ends = current()
        if ends is not None:
            ends.watch(sock)
        sock.settimeout(_remaining())
        return sock

    def _check(self, address: Address) -> None:
        if self._policy is None:
            return
        try:
            check_address(address, self._policy)
        except AddressRefused as refused:
            raise DialError("blocked_address", refused.reason) from None


def _remaining() -> float:
    ends = current()
    return ends.remaining() if ends is not None else CONNECT_SECONDS
