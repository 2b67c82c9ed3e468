"""Keys and installation tokens of the App for tests on the fake."""

import functools
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True)
class Keys:
    """A key pair as PEM: GitHub keeps the public half."""

    private: str
    public: str


@functools.cache
def make_keys() -> Keys:
    """Return a key pair, made once a run."""
    private = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM
    key = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Keys(key.decode(), public.decode())
