"""The sections of gateway.toml and their embedded defaults, good for a first look on one machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.settings.mailboxes import MailboxSettings
from gateway.settings.section import Section, json_texts
from gateway.settings.values import LOOPBACK, Cap, Domain, Factor, Hops, HostName, HostPort, Marker, Network, Octets, ReturnPath, Seconds


class ListenerSettings(Section):
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


class NextHopSettings(Section):
    """Where mail goes on, in order of trial; docs/relay.md has the URLs."""

    inbound: Hops = ("maildir:///var/mail",)
    outbound: Hops = ("maildir:///var/mail",)
    notices: Hops = ("maildir:///var/mail",)


class TimeoutSettings(Section):
    """Seconds."""

    connect: Seconds = 5.0
    command: Seconds = 60.0
    data_end: Seconds = 600.0
    intake: Seconds = 2.0
    client: Seconds = 300.0
    session: Seconds = 3600.0
    drain: Seconds = 20.0
    mailbox_lease: Seconds = 30.0


class NoticeSettings(Section):
    """Mail that the gateway writes. Times in seconds."""

    return_path: ReturnPath = ""
    give_up_after: Seconds = 2 * 86400.0
    lease: Seconds = 30.0


class LedgerSettings(Section):
    """As SQLAlchemy writes it: three slashes are relative, four absolute."""

    url: str = "sqlite:///var/gateway.db"


class PathSettings(Section):
    """Folders, and the file of the directory of staff."""

    policies: Path = Path("policies")
    templates: Path = Path("templates")
    signatures: Path = Path("signatures")
    state: Path = Path("var")
    directory: Annotated[Path | None, BeforeValidator(lambda value: None if value == "" else value)] = None


class CapSettings(Section):
    """So many acknowledgements in a sliding window; None: no cap (docs/caps.md)."""

    correspondent: Cap = (10, timedelta(days=1))
    domain: Cap = (1000, timedelta(hours=1))
    gateway: Cap = (20000, timedelta(hours=1))
    breaker: Factor = 10.0


class WebSettings(Section):
    """Page, health and metrics."""

    bind: HostPort = "127.0.0.1:8025"


class RelaySettings(Section):
    """What all listeners share. `max_in_flight` in octets."""

    hostname: HostName = ""
    received: bool = True
    marker: Marker = ""
    max_connections: int = Field(default=1000, ge=1)
    max_connections_per_address: int = Field(default=50, ge=1)
    max_in_flight: Octets = 256_000_000
    share_ports: bool = False


class LogSettings(Section):
    """Of standard error."""

    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


EMBEDDED_LISTENERS = (
    ListenerSettings(name="inbound", bind="127.0.0.1:2525", direction="inbound"),
    ListenerSettings(name="outbound", bind="127.0.0.1:2526", direction="outbound"),
)


class Settings(BaseSettings):
    """The whole configuration; every default is the embedded one, good for a first look on one machine."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_nested_delimiter="__", extra="forbid", frozen=True, enable_decoding=False)
    _decode = model_validator(mode="before")(staticmethod(json_texts))

    organization_domains: tuple[Domain, ...] = ("toronto.example",)
    authserv_ids: tuple[str, ...] = ()
    listener: tuple[ListenerSettings, ...] = EMBEDDED_LISTENERS
    mailbox: tuple[MailboxSettings, ...] = ()
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

    @model_validator(mode="after")
    def _mailbox_names_differ(self) -> Settings:
        names = [each.name for each in self.mailbox]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f'two mailboxes are called "{min(twice)}"; give each its own name: what was seen of it is kept under that')
        return self
