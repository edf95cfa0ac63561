"""An authority of these tests, which the product trusts, and the certificates that servers show it."""

import datetime
import ssl
import warnings
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """`file` is its certificate, for SSL_CERT_FILE."""

    def __init__(self, folder: Path, name: str = "The authority of these tests") -> None:
        self.folder, self.file = folder, folder / "authority.pem"
        self.name, self.key = named(name), ec.generate_private_key(ec.SECP256R1())
        own = self.begun(self.name, self.key.public_key(), ends_in=DAY)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file.write_bytes(pem(own.sign(self.key, hashes.SHA256())))

    def begun(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ends_in: datetime.timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(issuer_name=self.name, subject_name=subject, public_key=key)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - 2 * DAY).not_valid_after(now + ends_in)

    def context(self, name: str, *, ends_in: datetime.timedelta = DAY) -> ssl.SSLContext:
        """A server's, with a certificate for `name`, which may be an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self.begun(named(name), key.public_key(), ends_in=ends_in)
        made = made.add_extension(x509.SubjectAlternativeName([general(name)]), critical=False)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = self.folder / "chain.pem"
        chain.write_bytes(secret + pem(made.sign(self.key, hashes.SHA256())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def old_context(self, name: str) -> ssl.SSLContext:
        """The same, of a server that knows TLS 1.1 at most."""
        context = self.context(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context


def general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
