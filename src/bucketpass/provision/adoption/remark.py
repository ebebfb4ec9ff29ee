"""What a proposal does not say, or says otherwise than the account has it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Remark"]


@dataclass(frozen=True, slots=True)
class Remark:
    """`place`: where in the account; `words`: what is there, and what becomes of it."""

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"
