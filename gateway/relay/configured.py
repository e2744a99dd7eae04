"""A listener and its limits as gateway.toml gives them."""

from __future__ import annotations

from gateway.relay.door import Limits, Listener
from gateway.settings import ListenerSettings, Settings


def listener_of(settings: Settings, each: ListenerSettings) -> Listener:
    """One `[[listener]]`, with what `[relay]` says for all."""
    return Listener(
        name=each.name,
        bind=each.bind,
        direction=each.direction,
        allow=each.allow,
        trusted_senders=each.trusts_senders,
        tls=each.tls,
        certificate=each.certificate,
        key=each.key,
        recipient_domains=each.recipient_domains,
        sender_domains=each.sender_domains,
        require_header=each.require_header,
        received=settings.relay.received,
        marker=settings.relay.marker,
        proxy_from=each.proxy_from,
        client_names=each.client_names,
        client_ca=each.client_ca,
    )


def limits_of(settings: Settings) -> Limits:
    """How much and how long a listener bears with its clients."""
    given, times = settings.relay, settings.timeouts
    return Limits(
        connections=given.max_connections, idle=times.client, connections_per_address=given.max_connections_per_address, session=times.session
    )
