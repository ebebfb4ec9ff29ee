"""Values computed once: for an object, found again by its identity, and for an attribute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

__all__ = ["Memo", "once"]

K = TypeVar("K")
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Remembers `make(key)` for the last `size` keys, by identity: a key is held, so that no other object can take its id.

    Frozen documents compare by value, which takes as long as they are large; their identity takes nothing.
    """

    def __init__(self, make: Callable[[K], V], size: int) -> None:
        self._make = make
        self._size = size
        self._found: OrderedDict[int, tuple[K, V]] = OrderedDict()

    def __call__(self, key: K) -> V:
        """What `make` makes of `key`, made at most once while it is remembered."""
        found = self._found.get(id(key))
        if found is not None:
            return found[1]
        value = self._make(key)
        # Each step is atomic: threads at worst make a value twice.
        if len(self._found) >= self._size:
            self._found.popitem(last=False)
        self._found[id(key)] = (key, value)
        return value


if TYPE_CHECKING:
    from functools import cached_property as once
else:

    class once:  # noqa: N801 - used as a decorator, as `property` is
        """`functools.cached_property` without the lock that it takes in Python 3.11: threads at worst compute a value twice."""

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self._compute, self._name = compute, compute.__name__
            self.__doc__ = compute.__doc__

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._compute(instance)
            return value
