"""The stand-in's cryptography reads what Tencent itself sealed for its samples (github.com/sbzhu/weworkapi_python)."""

import pytest

from infra.simulators.wechat.callbacks import crypto
from tests.mobile_api.test_callbacks import ECHO, VECTOR
from tests.support.callbacks import AES_KEY, RECEIVER, TOKEN

OLD = {"token": TOKEN, "aes_key": AES_KEY, "receiver_id": RECEIVER}
NEW = {
    "token": "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo",
    "aes_key": "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
    "receiver_id": "ww1436e0e65a779aee",
}
NEW_ECHO = "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA=="


@pytest.mark.parametrize(
    ("of", "timestamp", "nonce", "sealed", "signature", "text"),
    [
        (OLD, "1409659589", "263014780", ECHO, "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1616140317555161061"),
        (OLD, "1409659813", "1372623149", VECTOR, "477715d11cdb4164915debcba66cb864d751f3e6", "[hello]"),
        (NEW, "1476416373", "47744683", NEW_ECHO, "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb", "1288432023552776189"),
    ],
)
def test_a_vector_of_tencent(of: dict, timestamp: str, nonce: str, sealed: str, signature: str, text: str):
    assert crypto.signature(of["token"], timestamp, nonce, sealed) == signature
    key, receiver = of["aes_key"], of["receiver_id"]
    assert text in crypto.decrypted(sealed, aes_key=key, receiver_id=receiver).decode()
    for wrong in ({"receiver_id": receiver.swapcase()}, {"aes_key": "x" * 42 + "0"}):
        with pytest.raises(crypto.CryptoError):
            crypto.decrypted(sealed, **{"aes_key": key, "receiver_id": receiver} | wrong)
