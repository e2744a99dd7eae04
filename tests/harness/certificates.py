"""Throw-away certificates: a listener's for 127.0.0.1, and clients' signed by an authority of the test."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@dataclass(frozen=True)
class Made:
    """PEM files, and what signs others."""

    certificate: Path
    key: Path
    signer: tuple[x509.Name, ec.EllipticCurvePrivateKey]


def make_certificate(folder: Path, name: str, *alternative: x509.GeneralName, issuer: Made | None = None, days: int = 1) -> Made:
    """Signed by `issuer`, or by itself; valid since two days ago, for `days` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.signer if issuer else (subject, key)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(alternative)), critical=False)
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(builder.sign(signer[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return Made(*files, (subject, key))
