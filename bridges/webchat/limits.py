"""Floods from one address: a token bucket for each kind of act. Addresses are kept in memory only, hashed with a salt
that dies with the process; nobody is ever asked to solve a puzzle."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from bridges.webchat.problems import Kind, Problem
from bridges.webchat.settings import Limits, Rate

_MOST = 50_000  # addresses remembered for each kind of act: about 10 MB
Network = IPv4Network | IPv6Network


class Act(StrEnum):
    """What is counted for an address; also the name of its rate in ``Limits``."""

    OPENING = "openings"
    MESSAGE = "messages"
    ATTACHMENT = "attachments"
    SIGNAL = "signals"
    FAILURE = "failures"


class Buckets:
    """One rate, many keys; the keys used longest ago are forgotten first."""

    def __init__(self, rate: Rate) -> None:
        self._burst = float(rate.burst)
        self._per_second = rate.per_minute / 60
        self._levels: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, key: bytes) -> float:
        """0 when ``key`` may act now, otherwise the seconds until it may."""
        now = time.monotonic()
        level, since = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self._per_second
        self._levels[key] = (level - 1 if not wait else level, now)
        if len(self._levels) > _MOST:
            self._levels.popitem(last=False)
        return wait


class Gate:
    """Refuses an address that does too much of one thing."""

    def __init__(self, limits: Limits, proxies: Iterable[Network]) -> None:
        self._buckets = {act: Buckets(getattr(limits, act)) for act in Act} if limits.enabled else {}
        self._proxies = tuple(proxies)
        self._salt = secrets.token_bytes(16)

    def check(self, request: web.Request, act: Act) -> None:
        """Raises Problem (429) when it is too much."""
        if not (buckets := self._buckets.get(act)):
            return
        key = hashlib.blake2b(str(source(request, self._proxies)).encode(), key=self._salt, digest_size=16).digest()
        if wait := buckets.take(key):
            raise Problem(Kind.TOO_MANY, retry_after=wait)


def source(request: web.Request, proxies: tuple[Network, ...]) -> Network | str:
    """Where a request comes from: the last address that a proxy of ours vouches for; of IPv6 the /64 network, since one
    household has that many addresses."""
    hops = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")]
    address = _parse(request.remote or "")
    while address and hops and any(address in network for network in proxies):
        # What stands before a name that is not an address was written by nobody we trust.
        if not (previous := _parse(hops.pop())):
            break
        address = previous
    if address is None:
        return request.remote or ""
    return ip_network((address, 64 if address.version == 6 else 32), strict=False)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
