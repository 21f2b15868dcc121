import pytest

from backend.core import secrets


def test_what_is_encrypted_is_read_again_and_never_looks_the_same():
    first, second = secrets.encrypted("机密 secret"), secrets.encrypted("机密 secret")
    assert first != second
    assert "secret" not in first
    assert secrets.decrypted(first) == secrets.decrypted(second) == "机密 secret"


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote(settings):
    settings.FIELD_ENCRYPTION_KEYS = ["old"]
    stored = secrets.encrypted("secret")
    settings.FIELD_ENCRYPTION_KEYS = ["new", "old"]
    assert secrets.decrypted(stored) == "secret"
    newer = secrets.encrypted("secret")
    settings.FIELD_ENCRYPTION_KEYS = ["new"]
    assert secrets.decrypted(newer) == "secret"
    with pytest.raises(secrets.Unreadable):
        secrets.decrypted(stored)


@pytest.mark.parametrize("stored", ["", "secret", "gAAAAA", "机密"])
def test_damaged_text_is_unreadable_and_not_repeated(stored: str):
    with pytest.raises(secrets.Unreadable) as error:
        secrets.decrypted(stored)
    assert str(error.value) == "FIELD_ENCRYPTION_KEYS"
