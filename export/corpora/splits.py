"""Splits for pieces that have no official one: by a hash, so that they never change; [workshop]."""

from __future__ import annotations

from hashlib import sha1


def split_of(name: str) -> str:
    """ "valid" for about a tenth of all names, "train" for the rest."""
    return "valid" if int(sha1(name.encode()).hexdigest(), 16) % 10 == 1 else "train"
