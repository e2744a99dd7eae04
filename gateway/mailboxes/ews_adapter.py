"""HTTPS as exchangelib's HTTP adapter: whose certificate we trust, how long we wait, and which answers are no answers at all.

exchangelib reads forgivingly, so that half a list of changes would pass as the whole one, and its messages be lost; what is not a whole
envelope never gets there. What HTTP itself refuses becomes a MailboxFault at once, past exchangelib's guesses. Decides nothing else.
"""

from __future__ import annotations

import ssl
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection

from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.retry_after import http_date, retry_after
from gateway.settings.mailboxes import EwsMailbox

CONNECT, SILENCE = 10.0, 60.0
"""Seconds for a connection and its TLS, and between two pieces of an answer."""

SWITCHED_OFF = (
    "the server forbids EWS here (HTTP 403): it is switched off for this mailbox, client or tenant. Exchange Online has been switching it off "
    'since 1 October 2026 and ends it on 1 April 2027: watch such a mailbox with source = "graph"'
)


def adapter_for(settings: EwsMailbox, lines: Lines) -> type[HTTPAdapter]:
    """The class that exchangelib makes its adapters of, for one purpose of one mailbox."""

    class Connection(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            assert self.sock
            lines.opened(self.sock)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    class Adapter(_Adapter):
        of = settings
        over = lines
        pools: ClassVar[dict[str, Any]] = {"https": Pool}

    return Adapter


class _Adapter(HTTPAdapter):
    of: ClassVar[EwsMailbox]
    over: ClassVar[Lines]
    pools: ClassVar[dict[str, Any]]

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Raises MailboxFault for all that is no HTTP answer, and for an answer that is none of Exchange's."""
        asked, exchange = urlsplit(request.url or ""), urlsplit(self.of.url)
        if self.of.ca and asked.netloc.lower() == exchange.netloc.lower():
            verify = str(self.of.ca)
        elif verify is True:
            verify = _system_authorities()
        read = timeout if stream else SILENCE  # exchangelib gives a stream its minutes, and one more
        try:
            answer = super().send(request, stream, (CONNECT, read), verify, cert, proxies)
            if not stream and answer.status_code != 401:  # NTLM looks at the open connection of a 401 (channel binding)
                answer = _WholeAnswer(answer)
        except requests.exceptions.SSLError:
            raise MailboxFault(
                "certificate", f"{self._server(request)}: its TLS certificate is not to be trusted; name its authority in `ca`"
            ) from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise MailboxFault("unreachable", f"{self._server(request)}: {_plainly(error)}") from None
        self._judge(answer, exchange=asked.path == exchange.path, stream=stream)
        return answer

    def _judge(self, answer: requests.Response, *, exchange: bool, stream: bool) -> None:
        self.over.server_time = http_date(answer.headers.get("Date", "")) or self.over.server_time
        fault = _refused(answer, "EWS" if exchange else "the sign-in server")
        if fault is None and exchange and answer.status_code == 200:
            if stream:
                self.over.on_stream()
            elif not answer.content[-64:].rstrip().endswith(b"Envelope>"):
                fault = MailboxFault("malformed", "the server's answer is cut short, or no SOAP at all; is `url` right?")
        if fault:
            answer.close()
            raise fault

    def _server(self, request: requests.PreparedRequest) -> str:
        return urlsplit(request.url or self.of.url).netloc


class _WholeAnswer(requests.Response):
    """Read to its end, and given in pieces of a sensible size: exchangelib asks for single octets, two seconds of work for ten megabytes."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.__dict__.update(answer.__dict__)
        assert self.content is not None

    def iter_content(self, chunk_size: int | None = 1 << 16, decode_unicode: bool = False) -> Any:
        return super().iter_content(chunk_size)


def _system_authorities() -> str | bool:
    """The machine's, as for every other protocol; the library's own list where the machine has none."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True


def _refused(answer: requests.Response, what: str) -> MailboxFault | None:
    code = answer.status_code
    if code in (429, 503):
        return MailboxFault("throttled", f"{what} asks for patience (HTTP {code})", retry_after(answer.headers))
    if code == 403:
        return MailboxFault("forbidden", SWITCHED_OFF if what == "EWS" else f"{what} refuses us (HTTP 403)")
    if code in (404, 410):
        return MailboxFault("missing", f"there is no {what} at this address (HTTP {code}); is `url` right?")
    if code in (502, 504):
        return MailboxFault("unreachable", f"{what} is not behind its proxy (HTTP {code})")
    return None


def _plainly(error: Exception) -> str:
    match error:
        case requests.exceptions.ConnectTimeout():
            return f"no connection within {CONNECT:.0f} s"
        case requests.exceptions.Timeout():
            return f"silent for {SILENCE:.0f} s"
        case requests.exceptions.ProxyError():
            return "the proxy does not connect us"
        case requests.exceptions.ChunkedEncodingError():
            return "the connection broke in the middle of an answer"
    return "no connection, or it broke"
