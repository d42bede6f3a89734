"""Bytes from outside as JSON: as what they say, or as base64 where they say nothing that JSON has a word for."""

from __future__ import annotations

import base64
from typing import Any, Literal

import msgspec

Encoding = Literal["json", "text", "base64"]


def decoded(value: bytes) -> tuple[Any, Encoding]:
    """Return what the bytes hold, and how it was found: JSON, other text, or base64 of what is neither (Avro, …)."""
    try:
        return msgspec.json.decode(value), "json"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text_or_base64(value)


def text_or_base64(value: bytes) -> tuple[str, Literal["text", "base64"]]:
    """Return bytes as text; those with control characters are none, whatever encoding they happen to be valid in."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if any(character < " " and character not in "\t\n\r" for character in text):
        return base64.b64encode(value).decode(), "base64"
    return text, "text"
