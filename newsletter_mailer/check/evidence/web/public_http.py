"""One HTTP request to the public web, and to nowhere else.

A link may name a machine of the writer's own network (by its number, or by a name that a stranger
lets point there), and asking it could do harm. So the name is looked up once, each number is held
against the registries of special addresses, and the connection goes to the number that was vetted:
a second look-up, with another answer, never happens. Nothing goes through a proxy.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from newsletter_mailer.host_names import BadHost, ascii_host

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
#: A name and a port -> its numbers.
Resolver = Callable[[str, int], Sequence[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  #: RFC 6052: an IPv4 address in its last 32 bits
#: Not public either, and taken for it by some versions of Python's ipaddress: protocol assignments
#: (RFC 6890), a network's own NAT64 (RFC 8215), site-local addresses (RFC 3879).
_MORE_PRIVATE = [*map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "fec0::/10"))]
_SAFE = "/%:=&?~#+!$,;'@()*[]|-._"


class Refused(Exception):
    """An address that is not asked. The text is the end of a sentence."""


class NoAnswer(Exception):
    """The text says why, as the end of a sentence."""


class TooLate(NoAnswer):
    """Nothing came in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of a response."""

    status: int
    location: str


def resolved(host: str, port: int) -> Sequence[str]:
    """The numbers of a name, from the system. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHttp:
    """Makes requests. `exempt`: (number, port) pairs that may be asked though they are private."""

    user_agent: str
    timeout: float = 10.0  #: seconds for a whole request
    exempt: Collection[tuple[str, int]] = ()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Resolver = resolved

    def ask(self, method: str, url: str) -> Reply:
        """The head of the answer; its body is not read. Raises Refused, NoAnswer."""
        parts = urlsplit(url)
        host = _ascii_host(parts.hostname or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        path = quote(parts.path or "/", safe=_SAFE)
        if parts.query:
            path += "?" + quote(parts.query, safe=_SAFE)
        connection = http.client.HTTPConnection(host, port)
        connection.auto_open = 0  # it speaks over the socket that it is given, and opens none
        with _closed_after(self.timeout, connection) as was_late:
            try:
                connection.sock = plain = self._connected(host, port)
                if was_late():  # before there was a connection that could be closed
                    raise TimeoutError
                if parts.scheme == "https":
                    connection.sock = secure = self.tls.wrap_socket(
                        plain, server_hostname=host, do_handshake_on_connect=False
                    )
                    secure.do_handshake()
                connection.request(method, path, headers=self._headers(host, parts.port))
                response = connection.getresponse()
                return Reply(response.status, _unmangled(response.headers.get("Location", "")))
            except (OSError, http.client.HTTPException, ValueError) as fault:
                if was_late() or isinstance(fault, TimeoutError):
                    raise TooLate(f"no answer within {self.timeout:.0f} seconds") from fault
                raise NoAnswer(_why(fault)) from fault

    def _headers(self, host: str, port: int | None) -> dict[str, str]:
        name = f"[{host}]" if ":" in host else host
        return {
            "Host": f"{name}:{port}" if port else name,
            "User-Agent": self.user_agent,
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.8",
            "Connection": "close",
        }

    def _connected(self, host: str, port: int) -> socket.socket:
        """A connection to one of the host's vetted numbers, tried in turn."""
        fault: OSError | None = None
        numbers = self._vetted(host, port)
        for number in numbers:
            try:
                return socket.create_connection((number, port), self.timeout / len(numbers))
            except OSError as one:
                fault = one
        raise fault or NoAnswer("its name has no address")

    def _vetted(self, host: str, port: int) -> Sequence[str]:
        numbers = self.resolve(host, port)
        public = [one for one in numbers if is_public(one) or (one, port) in self.exempt]
        if numbers and not public:
            raise Refused(f"{numbers[0]} is no address of the public web")
        return public


def is_public(number: str) -> bool:
    """Whether an address is on the public internet, looked at through what it may be wrapped in.

    Not: private, loopback, link-local, shared (RFC 6598), multicast, reserved; nor IPv6 addresses
    that hold such an IPv4 address: mapped, 6to4 (RFC 3056), Teredo (RFC 4380), NAT64 (RFC 6052).
    """
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    return all(
        one.is_global
        and not (one.is_multicast or one.is_reserved or one.is_unspecified)
        and not any(one in network for network in _MORE_PRIVATE)
        for one in _wrapped(address)
    )


def _wrapped(address: IpAddress) -> Iterator[IpAddress]:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
            return
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
            return
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
    yield address


@contextmanager
def _closed_after(
    seconds: float, connection: http.client.HTTPConnection
) -> Iterator[Callable[[], bool]]:
    """A server that sends a letter a second is never late for a socket's own time limit."""
    late = threading.Event()

    def close() -> None:
        late.set()
        if connection.sock is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, close)
    timer.daemon = True
    timer.start()
    try:
        yield late.is_set
    finally:
        timer.cancel()
        connection.close()


def _ascii_host(host: str) -> str:
    """Raises NoAnswer."""
    try:
        return ascii_host(host)
    except BadHost:
        raise NoAnswer(f"{host} is no name of a site") from None


def _unmangled(location: str) -> str:
    """http.client reads headers as Latin-1; who does not encode addresses writes them in UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _why(fault: Exception) -> str:
    match fault:
        case socket.gaierror(errno=socket.EAI_NONAME):
            return "there is no site of this name"
        case socket.gaierror():
            return "its name cannot be looked up now"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid ({fault.verify_message.rstrip('.')})"
        case ssl.SSLError():
            return "no encrypted connection could be made"
        case ConnectionRefusedError():
            return "the connection was refused"
        case OSError() | http.client.RemoteDisconnected():
            return "the connection broke off"
    return "the answer is not HTTP"
