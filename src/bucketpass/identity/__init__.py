"""Where a service's OIDC token comes from, and what can be said of it before it is sent.

::

    source = find_source(this_machine(), audience="s3-data")     # or "github", "file:/run/token" … as its second argument
    token = read_token(source.fetch().reveal())                  # UnverifiedToken, or TokenFault with the remedy

One file a kind of source beside `interface.py`; `registry.py` is their table and the order of detection.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.identity.callable import CallableSource
    from bucketpass.identity.device import DeviceLogin, DevicePrompt
    from bucketpass.identity.interface import Machine, NotHere, TokenSource, this_machine
    from bucketpass.identity.registry import KINDS, Detection, SourceKind, Tried, detect_source, find_source, source_named
    from bucketpass.identity.token import TokenFault, UnverifiedToken, read_token, token_fault

__all__ = [
    "KINDS",
    "CallableSource",
    "Detection",
    "DeviceLogin",
    "DevicePrompt",
    "Machine",
    "NotHere",
    "SourceKind",
    "TokenFault",
    "TokenSource",
    "Tried",
    "UnverifiedToken",
    "detect_source",
    "find_source",
    "read_token",
    "source_named",
    "this_machine",
    "token_fault",
]

# Imported when first used: a credential process passes through this file in its 45 ms.
MODULES = {
    "callable": ("CallableSource",),
    "device": ("DeviceLogin", "DevicePrompt"),
    "interface": ("Machine", "NotHere", "TokenSource", "this_machine"),
    "registry": ("KINDS", "Detection", "SourceKind", "Tried", "detect_source", "find_source", "source_named"),
    "token": ("TokenFault", "UnverifiedToken", "read_token", "token_fault"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in MODULES.items():
        if name in names:
            return getattr(import_module(f"bucketpass.identity.{module}"), name)
    raise AttributeError(name)
