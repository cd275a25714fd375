"""Secrets at rest, encrypted by a key drawn from SECRET_KEY for one purpose; SECRET_KEY_FALLBACKS still decrypt after it has changed."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose}:{key}".encode()).digest())) for key in keys])


def encrypt(text: str, *, purpose: str) -> str:
    """What the database keeps of a secret."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def decrypt(text: str, *, purpose: str) -> str:
    """The secret. Raises cryptography.fernet.InvalidToken when no key of the settings made it, or for another purpose."""
    return _fernet(purpose).decrypt(text.encode()).decode()
