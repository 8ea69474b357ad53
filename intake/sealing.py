"""Secrets of mailboxes: kept encrypted, with a key made from SECRET_KEY, and never shown again.

A copy of the database alone opens no mailbox.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PURPOSE = b"tierdesk/mailbox-secrets/"


class Unreadable(Exception):
    """The secret was sealed with another SECRET_KEY: it has to be typed again."""


def seal(secret: str) -> str:
    """The secret as it is kept; nothing stays nothing."""
    return _box().encrypt(secret.encode()).decode() if secret else ""


def unseal(kept: str) -> str:
    """The secret.

    Raises:
        Unreadable: SECRET_KEY has changed since.
    """
    if not kept:
        return ""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _box() -> MultiFernet:
    """Sealed with the key of today, read with those that were in use before too."""
    return MultiFernet([_key(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(PURPOSE + secret.encode()).digest()))
