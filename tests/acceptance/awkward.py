"""Messages that gateways have lost or altered: files of tests/mails-awkward (line ends become CRLF), and those no editor keeps."""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).resolve().parents[1] / "mails-awkward"
HEAD = b"From: r@example.org\r\nTo: hr@toronto.example\r\nSubject: awkward\r\nMessage-ID: <awkward@example.org>\r\n\r\n"


def nested(levels: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(levels))
    closed = b"".join(b"\r\n--b%d--\r\n" % level for level in reversed(range(levels)))
    return HEAD[:-2] + b"MIME-Version: 1.0\r\n" + opened + b"\r\ninnermost" + closed


def around(size: int) -> bytes:
    """A body whose dots and line breaks fall on and beside an offset where reads and buffers usually end."""
    start = HEAD + b"x" * (size - len(HEAD) - 3)
    return start + b"\r\n.\r\n..\r\n.z\r\n" + b"y" * size + b"\r\n.\r\n"


GENERATED: dict[str, bytes] = {
    "empty": b"",
    "one-octet": b"x",
    "only-a-line-break": b"\r\n",
    "only-line-breaks": b"\r\n" * 50,
    "only-a-dot": b".",
    "only-dots": b"....\r\n.\r\n..\r\n...",
    "header-only-no-blank-line": HEAD[:-2],
    "header-only": HEAD,
    "header-cut-in-a-field": b"From: r@example.org\r\nSubj",
    "no-header": b"\r\nonly a body\r\n",
    "begins-with-a-blank": b" looks like a continuation\r\n\r\nbody\r\n",
    "begins-with-a-dot": b".begins with a dot: yes\r\n\r\nbody\r\n",
    "no-final-newline": HEAD + b"the end is missing",
    "ends-with-cr": HEAD + b"the end is half\r",
    "ends-with-lf": HEAD + b"the end is the other half\n",
    "ends-with-crcrlf": HEAD + b"one too many\r\r\n",
    "ends-with-blank-lines": HEAD + b"x\r\n\r\n\r\n\r\n",
    "bare-lf": HEAD + b"one\ntwo\nthree\r\nfour\n",
    "bare-cr": HEAD + b"one\rtwo\rthree\r\nfour\r",
    "bare-lf-throughout": HEAD.replace(b"\r\n", b"\n") + b"one\ntwo\n",
    "crcrlf": HEAD + b"one\r\r\ntwo\r\r\r\nthree\r\n",
    "lfcr": HEAD + b"one\n\rtwo\n\rthree\r\n",
    "bare-lf-before-a-dot-with-text": HEAD + b"one\n.two\r.three\r\n",
    "nul-in-the-body": HEAD + b"one\0two\r\n\0\r\n\0",
    "nul-in-the-header": b"Subject: one\0two\r\n" + HEAD + b"x\r\n",
    "all-octets": HEAD + bytes(range(256)) * 4 + b"\r\n",
    "all-octets-in-the-header": b"X-All: " + bytes(octet for octet in range(256) if octet not in b"\r\n") + b"\r\n" + HEAD,
    "control-characters": HEAD + b"\x1b[2J\x07\x08\x0b\x0c\x7f\x1a\r\n",
    "dots-everywhere": HEAD + b".\r\n..\r\n...\r\n.a\r\na.\r\n. \r\n .\r\n.\t\r\n\r\n.\r\n",
    "end-mark-inside": HEAD + b"before\r\n.\r\nQUIT\r\n.\r\nMAIL FROM:<x@example.org>\r\n",
    "latin-1": HEAD + "Où êtes-vous ?\r\n".encode("latin-1"),
    "utf-8": HEAD + "Où êtes-vous ? வணக்கம் 😀\r\n".encode(),
    "utf-8-bom-first": b"\xef\xbb\xbf" + HEAD + b"x\r\n",
    "utf-16": HEAD + "Où\r\n.\r\n".encode("utf-16"),
    "utf-8-cut": HEAD + "é".encode()[:1] + b"\r\n",
    "overlong-utf-8": HEAD + b"\xc0\xae\r\n\xed\xa0\x80\r\n",
    "line-998": HEAD + b"x" * 998 + b"\r\n",
    "line-999": HEAD + b"x" * 999 + b"\r\n",
    "line-1001": HEAD + b"x" * 1001 + b"\r\n",
    "line-2049": HEAD + b"x" * 2049 + b"\r\n.\r\n",
    "line-65536": HEAD + b"x" * 65536 + b"\r\n",
    "line-900-KB": HEAD + b"x" * 900_000 + b"\r\n.\r\n",
    "line-1-MiB-and-more": HEAD + b"x" * ((1 << 20) + 17) + b"\r\ny\r\n",
    "header-line-100-KB": b"X-Long: " + b"y" * 100_000 + b"\r\n" + HEAD + b"x\r\n",
    "header-folded-20000-times": b"X-Folded: a\r\n" + b"\tb\r\n" * 20_000 + HEAD + b"x\r\n",
    "headers-10000": b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + HEAD + b"x\r\n",
    "received-30": b"".join(b"Received: from h%d.example by h%d.example; Mon, 16 Nov 2026 10:12:00 -0500\r\n" % (n, n) for n in range(30)) + HEAD,
    "nested-100": nested(100),
    "nested-600": nested(600),
    "parts-2000": HEAD[:-2] + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000 + b"--b--\r\n",
    "encoded-words-5000": b"Subject: " + b"=?utf-8?q?=C3=A9?=\r\n " * 5000 + b"\r\n" + HEAD[:-2] + b"\r\nx\r\n",
    "around-4096": around(4096),
    "around-8192": around(8192),
    "around-65536": around(65536),
    "around-262144": around(262_144),
    "around-1-MiB": around(1 << 20),
    "6-MB": HEAD + (b"x" * 76 + b"\r\n.\r\n") * 75_000,
}


def files() -> dict[str, bytes]:
    return {path.stem: path.read_bytes().replace(b"\n", b"\r\n") for path in sorted(FILES.glob("*.eml"))}


AWKWARD: dict[str, bytes] = files() | GENERATED
