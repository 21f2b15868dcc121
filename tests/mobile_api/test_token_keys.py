"""Which key signs and which verify, and how one follows the other without anybody noticing."""

import secrets
from base64 import urlsafe_b64decode
from datetime import timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import override_settings

from backend.core import clock
from backend.directory import keys, tokens
from backend.directory.authentication import authenticator
from tests.support.client import Caller, access_token

OLD, NEW = secrets.token_hex(32), secrets.token_hex(32)
HMAC, EDDSA = {"JWT_ALGORITHM": "HS256"}, {"JWT_ALGORITHM": "EdDSA"}


def status(token: str) -> int:
    authenticator.clear()  # as another process would see it
    return Caller(token).get("/me").status_code


def key_of(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


@pytest.mark.parametrize("algorithm", [HMAC, EDDSA], ids=lambda algorithm: algorithm["JWT_ALGORITHM"])
def test_one_key_follows_the_other_without_a_gap(cast, algorithm):
    stages = [[OLD], [OLD, NEW], [NEW, OLD]]
    held: list[str] = []
    for stage in stages:
        with override_settings(**algorithm, JWT_KEYS=stage):
            held.append(access_token(cast.li))
        # During a roll-out some processes are at this stage and some still at the one before.
        for other in stages[max(0, stages.index(stage) - 1) : stages.index(stage) + 1]:
            with override_settings(**algorithm, JWT_KEYS=other):
                assert [status(token) for token in held] == [200] * len(held)
    assert key_of(held[0]) == key_of(held[1]) != key_of(held[2])
    with override_settings(**algorithm, JWT_KEYS=[NEW]):
        assert [status(token) for token in held] == [401, 401, 200]


def test_a_server_with_only_the_public_half_verifies_and_is_no_signer(cast):
    with override_settings(**EDDSA, JWT_KEYS=[OLD]):
        token = access_token(cast.li)
        public = keys.signing_key().verifying
    assert isinstance(public, Ed25519PublicKey)
    shared = keys.PUBLIC + public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    with override_settings(**EDDSA, JWT_KEYS=[NEW, shared]):
        assert status(token) == 200
    with pytest.raises(keys.BadKey):
        keys.parse([shared, NEW], "EdDSA")


def test_the_published_keys_verify_our_tokens(api, cast):
    assert api(None).get("/auth/jwks").json() == {"keys": []}  # shared secrets are not published
    with override_settings(**EDDSA, JWT_KEYS=[NEW, OLD]):
        token = access_token(cast.li)
        published = api(None).get("/auth/jwks").json()["keys"]
    assert [key["kid"] for key in published] == [key.id for key in keys.parse([NEW, OLD], "EdDSA")]
    read = jwt.PyJWKSet.from_dict({"keys": published})[key_of(token)]
    claims = jwt.decode(token, read, algorithms=["EdDSA"], audience=settings.JWT_AUDIENCE)
    assert claims["sub"] == str(cast.li.pk)
    assert len(urlsafe_b64decode(published[0]["x"] + "=")) == 32


def test_the_public_key_is_no_shared_secret(cast):
    """RFC 8725 section 2.1: a verifier that let the token choose would take the public key as an HMAC secret."""
    with override_settings(**EDDSA, JWT_KEYS=[OLD]):
        genuine = access_token(cast.li)
        key = keys.signing_key()
        assert isinstance(key.verifying, Ed25519PublicKey)
        raw = key.verifying.public_bytes(Encoding.Raw, PublicFormat.Raw)
        claims = jwt.decode(genuine, options={"verify_signature": False})
        forged = jwt.encode(claims, raw, algorithm="HS256", headers={"typ": tokens.TYPE, "kid": key.id})
        assert status(genuine) == 200
        assert status(forged) == 401


def test_a_token_of_the_other_algorithm_opens_nothing(cast):
    with override_settings(**EDDSA, JWT_KEYS=[OLD]):
        token = access_token(cast.li)
    with override_settings(**HMAC, JWT_KEYS=[OLD]):
        assert status(token) == 401


def test_an_ed25519_token_ends_after_fifteen_minutes(cast):
    with override_settings(**EDDSA, JWT_KEYS=[OLD]):
        token = access_token(cast.li)
        with time_machine.travel(clock.now() + timedelta(minutes=16)):
            assert status(token) == 401


@pytest.mark.parametrize(
    ("texts", "algorithm"),
    [
        (["x" * 31], "HS256"),
        ([OLD, OLD], "HS256"),
        ([], "HS256"),
        ([OLD], "none"),
        ([OLD], "RS256"),
        (["x" * 64], "EdDSA"),
        (["ab" * 31], "EdDSA"),
        ([" ".join(["ab"] * 32)], "EdDSA"),
    ],
)
def test_a_bad_key_is_refused_and_not_told(texts, algorithm):
    with pytest.raises(keys.BadKey) as refused:
        keys.parse(texts, algorithm)
    assert not [text for text in texts if text in str(refused.value)]
