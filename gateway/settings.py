"""Configuration: `gateway.toml`, overridden by the environment (INTERFACE §4). Reads, checks, resolves paths; starts nothing.

Every key is also an environment variable `GATEWAY_SECTION__KEY`; lists in it are JSON. What is wrong is said all at
once, one line each, with file, line and column, as a `SettingsError`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class SettingsError(Exception):
    """The configuration cannot be used. `lines` are diagnostics ready to print: `FILE:LINE:COLUMN: error: what to do`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


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
Domain = Annotated[str, AfterValidator(str.lower)]

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def _json_texts(values: Any) -> Any:
    """Lists and tables that came through the environment are JSON; a plain text stays one."""
    if not isinstance(values, dict):
        return values
    return {name: _from_json(value) if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") else value for name, value in values.items()}


def _from_json(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value  # the field's own check says what is wrong with it


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    _decode = model_validator(mode="before")(staticmethod(_json_texts))


class ListenerSettings(_Section):
    """One `[[listener]]`."""

    name: str
    bind: HostPort
    direction: Literal["inbound", "outbound"] = "inbound"
    allow: tuple[Network, ...] = LOOPBACK
    trusted_senders: bool | None = None
    recipient_domains: tuple[Domain, ...] = ()
    sender_domains: tuple[Domain, ...] = ()
    require_header: str | None = None
    tls: Literal["none", "opportunistic", "required"] = "none"
    certificate: Path | None = None
    key: Path | None = None
    client_names: tuple[str, ...] = ()
    client_ca: Path | None = None
    proxy_from: tuple[Network, ...] = ()

    @property
    def trusts_senders(self) -> bool:
        """Envelope and From in our domains prove staff: the default of an outbound listener."""
        return self.direction == "outbound" if self.trusted_senders is None else self.trusted_senders

    @model_validator(mode="after")
    def _certificate_with_tls(self) -> ListenerSettings:
        if self.tls != "none" and self.certificate is None:
            raise ValueError(f'listener "{self.name}" has tls = "{self.tls}" and needs a certificate (and a key, unless it is in the same file)')
        if self.client_names and self.tls == "none":
            raise ValueError(f'listener "{self.name}" has client_names, which come with TLS; set tls = "opportunistic" or "required"')
        return self


class NextHopSettings(_Section):
    inbound: Hops = ("maildir:///var/mail",)
    outbound: Hops = ("maildir:///var/mail",)
    notices: Hops = ("maildir:///var/mail",)


class TimeoutSettings(_Section):
    """Seconds."""

    connect: Seconds = 5.0
    command: Seconds = 60.0
    data_end: Seconds = 600.0
    intake: Seconds = 2.0
    client: Seconds = 300.0
    session: Seconds = 3600.0
    drain: Seconds = 20.0


class NoticeSettings(_Section):
    return_path: str = ""
    give_up_after: Seconds = 2 * 86400.0
    lease: Seconds = 30.0


class LedgerSettings(_Section):
    url: str = "sqlite:///var/gateway.db"


class PathSettings(_Section):
    policies: Path = Path("policies")
    templates: Path = Path("templates")
    signatures: Path = Path("signatures")
    state: Path = Path("var")
    directory: Annotated[Path | None, BeforeValidator(lambda value: None if value == "" else value)] = None


class CapSettings(_Section):
    correspondent: Cap = (10, timedelta(days=1))
    domain: Cap = (1000, timedelta(hours=1))
    gateway: Cap = (20000, timedelta(hours=1))
    breaker: Factor = 10.0


class WebSettings(_Section):
    bind: HostPort = "127.0.0.1:8025"


class RelaySettings(_Section):
    hostname: str = ""
    received: bool = True
    marker: str = ""
    max_connections: int = Field(default=1000, ge=1)
    max_connections_per_address: int = Field(default=50, ge=1)
    max_in_flight: Octets = 256_000_000
    share_ports: bool = False


class LogSettings(_Section):
    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


EMBEDDED_LISTENERS = (
    ListenerSettings(name="inbound", bind="127.0.0.1:2525", direction="inbound"),
    ListenerSettings(name="outbound", bind="127.0.0.1:2526", direction="outbound"),
)


class Settings(BaseSettings):
    """The whole configuration; every default is the embedded one, good for a first look on one machine."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_nested_delimiter="__", extra="forbid", frozen=True, enable_decoding=False)
    _decode = model_validator(mode="before")(staticmethod(_json_texts))

    organization_domains: tuple[Domain, ...] = ("toronto.example",)
    authserv_ids: tuple[str, ...] = ()
    listener: tuple[ListenerSettings, ...] = EMBEDDED_LISTENERS
    next_hop: NextHopSettings = NextHopSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    notices: NoticeSettings = NoticeSettings()
    ledger: LedgerSettings = LedgerSettings()
    paths: PathSettings = PathSettings()
    caps: CapSettings = CapSettings()
    web: WebSettings = WebSettings()
    relay: RelaySettings = RelaySettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @model_validator(mode="after")
    def _listener_names_differ(self) -> Settings:
        names = [each.name for each in self.listener]
        if not names:
            raise ValueError("there is no listener; give at least one [[listener]] with name and bind")
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f'two listeners are called "{min(twice)}"; give each its own name')
        return self


def load_settings(config: Path | None = None) -> Settings:
    """Read `config`, or ./gateway.toml where there is one, or the embedded defaults; the environment beats all of them.

    Relative paths come back absolute: relative to the file, without a file to the working directory.
    Raises SettingsError with every problem found.
    """
    path = config or (Path("gateway.toml") if Path("gateway.toml").is_file() else None)
    text = _read(path) if path else ""
    base = path.resolve().parent if path else Path.cwd()
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_syntax_line(path, error)]) from None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError([_line(path, text, each["loc"], each["msg"], each["type"]) for each in error.errors()]) from None
    return _absolute(settings, base)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}:1:1: error: the file is not UTF-8 (octet {error.start}); save it as UTF-8"]) from None
    except OSError as error:
        raise SettingsError([f"{path}:1:1: error: cannot be read: {error.strerror}; name a readable file with --config"]) from None


def _syntax_line(path: Path | None, error: tomllib.TOMLDecodeError) -> str:
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line, column = (found[1], found[2]) if found else ("1", "1")
    return f"{path}:{line}:{column}: error: {re.sub(r' [(]at .*', '', str(error))}; correct the TOML here"


def _line(path: Path | None, text: str, loc: tuple[int | str, ...], message: str, kind: str) -> str:
    line, column = _position(text, loc)
    name = ".".join(str(each) for each in loc if isinstance(each, str))
    said = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        said = "there is no such key; see docs/configuration.md for all of them"
    if kind in ("tuple_type", "model_type", "model_attributes_type"):
        said = "write a list or a table here; in the environment, as JSON"
    where = f"{path}:{line}:{column}" if line else "environment"
    return f"{where}: error: {name + ': ' if name else ''}{said}"


def _position(text: str, loc: tuple[int | str, ...]) -> tuple[int, int]:
    """Where in the TOML text a value stands; (0, 0) when it came from the environment. tomllib keeps no positions."""
    names = [each for each in loc if isinstance(each, str)]
    nth = next((each for each in loc if isinstance(each, int)), 0)
    if not names:
        return 1, 1
    lines = text.splitlines()
    header = re.compile(rf"\s*\[+\s*{re.escape(names[0])}\s*\]+")
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    start = starts[min(nth, len(starts) - 1)] if starts else -1
    key = re.compile(rf"(\s*){re.escape(names[-1])}\s*=")
    for number in range(start + 1, len(lines)):
        if starts and re.match(r"\s*\[", lines[number]):
            break
        if match := key.match(lines[number]):
            return number + 1, len(match[1]) + 1
    return (start + 1, 1) if starts else (0, 0)


def _absolute(settings: Settings, base: Path) -> Settings:
    paths = PathSettings(**{name: base / value for name, value in settings.paths if value is not None})
    hops = NextHopSettings(**{name: tuple(_absolute_hop(hop, base) for hop in value) for name, value in settings.next_hop})
    listeners = tuple(_with_absolute_files(each, base) for each in settings.listener)
    ledger = LedgerSettings(url=_absolute_ledger(settings.ledger.url, base))
    return settings.model_copy(update={"paths": paths, "next_hop": hops, "listener": listeners, "ledger": ledger})


def _with_absolute_files(listener: ListenerSettings, base: Path) -> ListenerSettings:
    files: dict[str, Any] = {name: base / value for name in ("certificate", "key", "client_ca") if (value := getattr(listener, name))}
    return listener.model_copy(update=files)


def _absolute_ledger(url: str, base: Path) -> str:
    """sqlite:///x is relative, sqlite:////x absolute: SQLAlchemy's own convention."""
    match = re.fullmatch(r"(sqlite(?:\+\w+)?):///([^/].*)", url)
    return f"{match[1]}:///{base / match[2]}" if match and match[2] != ":memory:" else url


def _absolute_hop(hop: str, base: Path) -> str:
    """Maildir targets follow the ledger URL: three slashes are relative, four absolute.

    One kindness, because people write file:///srv/mail: with three slashes, a path whose first folder exists at the root of the
    machine is absolute, except `/var/…`, which is the gateway's own state folder in every example.
    """
    match = re.fullmatch(r"maildir:(/*)([^?]*)(\?.*)?", hop)
    if match is None:
        return re.sub(r"(?<=[?&])(ca|password_file)=([^&/%][^&]*)", lambda found: f"{found[1]}={quote(str(base))}/{found[2]}", hop)
    slashes, rest, query = len(match[1]), match[2], match[3] or ""
    first = rest.split("/", 1)[0]
    absolute = slashes == 1 or slashes >= 4 or (slashes == 3 and first != "var" and Path("/", first).is_dir())
    return f"maildir:///{str(Path('/', rest) if absolute else base / rest).lstrip('/')}{query}"


def each_setting() -> list[tuple[str, Callable[[], object]]]:
    """Every key as `section.key` with its default, for the documentation test."""
    found: list[tuple[str, Callable[[], object]]] = []
    for name, spec in Settings.model_fields.items():
        section = ListenerSettings if name == "listener" else spec.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found += [(f"{name}.{key}", value.get_default) for key, value in section.model_fields.items()]
        else:
            found.append((name, spec.get_default))
    return found
