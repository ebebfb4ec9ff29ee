"""A client's own library, which its adapter needs and this package does not bring."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from bucketpass.errors import MissingLibrary

__all__ = ["missing_library", "needs_library"]

P = ParamSpec("P")
R = TypeVar("R")


def needs_library(function: Callable[P, R]) -> Callable[P, R]:
    """The function; where a library that it imports is not installed, it raises MissingLibrary, which says what to install."""

    @wraps(function)
    def checked(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except ModuleNotFoundError as error:
            raise missing_library(error) from None

    return checked


def missing_library(error: ModuleNotFoundError) -> Exception:
    """MissingLibrary for a module of others; the error itself for one of ours, which is a broken installation."""
    module = (error.name or "").partition(".")[0]
    return error if module in {"", "bucketpass"} else MissingLibrary(module)
