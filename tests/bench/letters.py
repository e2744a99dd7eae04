"""The messages of the bench: an inquiry as it comes from a resident's mail provider, padded to a size in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

MAILBOXES = ("hr", "equity", "internal-audit", "media", "civic-engagement", "executive-management")
"""Divisions that acknowledge. Spread over them, a run stays below what a breaker takes for a runaway."""

PERSONS = tuple(f"person{number}" for number in range(20))
"""People of the City: their mail is relayed and recorded, and not acknowledged."""

CITY = "toronto.example"

Shape = Literal["text", "attachment"]

_HEAD = """\
Return-Path: <{key}@{domain}>\r
Received: from mail-sor-f41.{domain} (mail-sor-f41.{domain} [203.0.113.41])\r
 by mx1.toronto.example (Postfix) with ESMTPS id 4PqXyZ3kLmz1nQr\r
 for <{mailbox}@{city}>; Sun, 22 Nov 2026 08:15:02 -0500 (EST)\r
Received: by mail-sor-f41.{domain} with SMTP id a640c23a62f3a-a9a6b1fe4dcso101\r
 for <{mailbox}@{city}>; Sun, 22 Nov 2026 05:15:01 -0800 (PST)\r
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=20230601;\r
 t=1795353301; x=1795958101; h=to:subject:message-id:date:from:mime-version:from:to:cc:subject;\r
 bh=FmP1lJmGK9y6Wv2pXq0J9bVj1y3q0G9sHk2b0dQeX3M=; b=W1cXbq0m4m2Jm8Y7yS0Jm7tUoJm6pQ5m\r
 nK0c9h2J1vQk7dYp4sXz0lR3uT6wB8eA5gH2iM9oP1rS4tV7xZ0aC3dF6gJ9kL2nQ5sT8vW1yB4eH7\r
Authentication-Results: mx1.toronto.example; dkim=pass header.d={domain};\r
 spf=pass smtp.mailfrom={domain}; dmarc=pass (p=none) header.from={domain}\r
MIME-Version: 1.0\r
Date: Sun, 22 Nov 2026 08:15:00 -0500\r
Message-ID: <{key}.{run}@mail.{domain}>\r
Subject: Question about a permit, and about the report of October\r
From: "Jordan Q. Resident" <{key}@{domain}>\r
To: {mailbox}@{city}\r
X-Mailer: Example Mail 16.0\r
"""

_PLAIN = "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
_MIXED = 'Content-Type: multipart/mixed; boundary="0000000000b1"\r\n\r\n--0000000000b1\r\n' + _PLAIN
_ATTACHED = (
    '\r\n--0000000000b1\r\nContent-Type: application/pdf; name="scan.pdf"\r\n'
    'Content-Disposition: attachment; filename="scan.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
)
_LETTER = (
    "Good morning,\r\n\r\nI have been waiting for an answer about the permit for our street festival since the first week\r\n"
    "of this month. Could you tell me who is looking after it, and whether the fee of last year still\r\n"
    "applies? The form on your site names an office that has moved, says the sign on its door.\r\n\r\n"
)
_END = "\r\nThank you, and kind regards\r\nJordan Resident\r\n12 Some Street, Toronto\r\n416-555-0100\r\n"
_PARAGRAPH = (
    "The second thing is the report of October. On page 7 it says that nine of ten inquiries were answered\r\n"
    "within the time that was promised; in the table on page 12 it is eight. I would like to know which of\r\n"
    "the two is meant, and where the figures of the years before can be found.\r\n\r\n"
)
_BASE64 = "JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgpzdHJl\r\n"


class Letters:
    """Messages of about `size` octets; each has a sender and a Message-ID of its own, so that none is a repeat and no cap counts it."""

    def __init__(self, size: int, shape: Shape, mailboxes: Sequence[str], run: str) -> None:
        self._mailboxes = mailboxes
        self._run = run
        room = size - len(self._head(0)) - len(_LETTER) - len(_END)
        if shape == "text":
            body = _PLAIN + _LETTER + _PARAGRAPH * (room // len(_PARAGRAPH)) + _END
        else:
            body = _MIXED + _LETTER + _END + _ATTACHED + _BASE64 * (room // len(_BASE64)) + "--0000000000b1--\r\n"
        self.body = body.encode("ascii") + b".\r\n"
        """What all have in common, with the final dot: no line of it begins with another one."""

    def sender(self, number: int) -> str:
        # A domain's cap is a thousand an hour.
        return f"r{number}@d{number % 97}.example.org"

    def recipient(self, number: int) -> str:
        return f"{self._mailboxes[number % len(self._mailboxes)]}@{CITY}"

    def head(self, number: int) -> bytes:
        return self._head(number).encode("ascii")

    def _head(self, number: int) -> str:
        key, domain = self.sender(number).split("@")
        return _HEAD.format(key=key, domain=domain, mailbox=self._mailboxes[number % len(self._mailboxes)], city=CITY, run=self._run)
