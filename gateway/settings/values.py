"""How a value is written in gateway.toml: durations, sizes, networks, addresses, names, caps, next hops. Each wrong one says what to write."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from gateway.message.domain_names import a_labels

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_MARKER = 900
_WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def _seconds(value: object) -> float:
    """`"5s"`, `"2m"`, `"600s"` or a number of seconds -> seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('write a duration, such as "60s" or "2m"')
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)?\s*", str(value))
    if match is None or float(match[1]) <= 0:
        raise ValueError('write a duration, such as "60s" or "2m"')
    return float(match[1]) * _UNITS[match[2] or "s"]


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value), strict=False)
    except ValueError:
        raise ValueError(f'"{value}" is not a network; write one such as "10.1.0.0/16" or "::1/128"') from None


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError('write HOST:PORT, such as "127.0.0.1:2525" or "[::1]:2525"')
    return value


def _domain(value: str) -> str:
    """In A-labels, as addresses are compared. Wildcards, addresses and ".name" fit nobody, and would be silence."""
    try:
        written = a_labels(value.rstrip("."))
    except UnicodeError:
        written = ""
    if not written or re.search(r"[\s@*/:,<>]|^\.|\.\.", written):
        raise ValueError(f'"{value}" is not a domain; write one such as "toronto.example"')
    return written


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._\[\]:-]*", value):
        raise ValueError('write the name of a machine, such as "mail.toronto.example"')
    return value


def _return_path(value: str) -> str:
    if value and not re.fullmatch(r"[!-;=?A-~]+@[A-Za-z0-9.-]+", value):
        raise ValueError('write one address, such as "service-promise@toronto.example", or "" for the null reverse-path')
    return value


def _marker(value: str) -> str:
    if value and (not re.fullmatch(r"[!-9;-~]+: ?[ -~]+", value) or len(value) > _LONGEST_MARKER):
        raise ValueError('write one header line in ASCII, such as "X-Service-Promise-Gateway: yes"')
    return value


def _octets(value: object) -> int:
    """`"256MB"` or a number of octets -> octets."""
    match = re.fullmatch(r"\s*(\d+)\s*(kB|MB|GB)?\s*", str(value))
    if match is None or isinstance(value, bool) or int(match[1]) == 0:
        raise ValueError('write a size, such as "256MB"')
    return int(match[1]) * {"kB": 10**3, "MB": 10**6, "GB": 10**9}.get(match[2] or "", 1)


def _cap(value: object) -> object:
    if value in ("none", None):
        return None
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(minute|hour|day)\s*", str(value))
    if match is None:
        raise ValueError('write a cap such as "10/day" or "1000/hour", or "none"')
    return int(match[1]), _WINDOWS[match[2]]


def _factor(value: object) -> object:
    if value in ("none", None):
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*x\s*", str(value))
    if match is None or float(match[1]) <= 1:
        raise ValueError('write a factor such as "10x", or "none"')
    return float(match[1])


def _hops(value: object) -> object:
    hops = [value] if isinstance(value, str) else value
    if not isinstance(hops, list | tuple) or not hops:
        raise ValueError("write one next hop, or a list of them in the order of preference")
    for hop in hops:
        if not re.match(r"(smtp|smtps|lmtp)://[^/?#]+|lmtp:/{3,}[^/]|maildir:/*[^/]", str(hop)):
            shown = re.sub(r"//.*@", "//…@", str(hop))  # somebody may have written a password there
            raise ValueError(f'"{shown}" is not a next hop; write smtp://HOST:PORT, smtps://HOST, lmtp://HOST:PORT or maildir:///FOLDER')
    return tuple(str(hop) for hop in hops)


Seconds = Annotated[float, BeforeValidator(_seconds)]
Octets = Annotated[int, BeforeValidator(_octets)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
HostPort = Annotated[str, AfterValidator(_address)]
Cap = Annotated[tuple[int, timedelta] | None, BeforeValidator(_cap)]
Factor = Annotated[float | None, BeforeValidator(_factor)]
Hops = Annotated[tuple[str, ...], BeforeValidator(_hops)]
Domain = Annotated[str, AfterValidator(_domain)]
HostName = Annotated[str, AfterValidator(_host_name)]
ReturnPath = Annotated[str, AfterValidator(_return_path)]
Marker = Annotated[str, AfterValidator(_marker)]

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
