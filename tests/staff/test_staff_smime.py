"""Opaque S/MIME signatures are unwrapped to be read; nothing else is."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.body import newest_text
from gateway.message.parse import parse
from gateway.message.smime import signed_content

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nRead me.\r\n"


@pytest.fixture(name="opaque", scope="module")
def _opaque() -> bytes:
    """`ENTITY` signed by a throw-away key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime(2026, 11, 16, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    signed = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate, key, hashes.SHA256())
    return signed.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def test_an_opaque_signature_is_read(opaque: bytes) -> None:
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    newest = newest_text(parse(head + base64.encodebytes(opaque)))
    assert newest.readable
    assert newest.text == "Read me."


def test_content_in_pieces() -> None:
    pieces = b"\x24\x80" + b"".join(b"\x04" + bytes([len(each)]) + each for each in (ENTITY[:20], ENTITY[20:])) + b"\x00\x00"
    octets = (
        bytes.fromhex("308006092a864886f70d010702a0803080")
        + bytes.fromhex("020101310030")
        + b"\x80"
        + bytes.fromhex("06092a864886f70d010701a080")
        + pieces
    )
    assert signed_content(octets) == ENTITY


def test_encrypted_content_stays_unread() -> None:
    head = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    enveloped = bytes.fromhex("308006092a864886f70d010703a080")
    assert not newest_text(parse(head + base64.encodebytes(enveloped))).readable


@given(st.binary(max_size=200), st.integers(0, 400))
def test_anything_gives_octets_or_none(junk: bytes, cut: int) -> None:
    whole = bytes.fromhex("308006092a864886f70d010702a08006092a864886f70d010701a08024800403414243") + junk
    for octets in (junk, whole[:cut], whole):
        assert signed_content(octets) is None or isinstance(signed_content(octets), bytes)
