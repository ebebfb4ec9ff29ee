"""What bucketpass knows of a kind of identity provider: a `Preset`, made of tables.

A preset says how the provider writes its issuer URL, its audience and its subjects, which of its claims AWS turns into
condition keys, and what of that nobody has confirmed. `Issuer` and `Identity` of the declaration come in through the two
Protocols below, since this room stands above the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bucketpass.issuers.url import url_pieces

__all__ = ["DeclaredIdentity", "DeclaredIssuer", "Evidence", "Preset", "SubjectFormat"]


class Evidence(Enum):
    """How well a preset is known."""

    SEEN = "seen"  # the vendor's or AWS's own text was read
    PARTLY = "partly"  # third-party or incomplete text; the preset's notes say what is not confirmed


class DeclaredIssuer(Protocol):
    """An issuer of the declaration."""

    @property
    def preset(self) -> str:
        """The name of its preset."""
        ...

    @property
    def url(self) -> str | None:
        """Its issuer URL, as written."""
        ...

    @property
    def audience(self) -> tuple[str, ...]:
        """The audiences that its tokens may carry."""
        ...

    @property
    def authorized_party(self) -> bool | None:
        """Whether its tokens carry `azp`; None: as the preset says."""
        ...

    @property
    def several_audiences(self) -> bool:
        """Whether its tokens may be for further audiences beside `azp`."""
        ...


class DeclaredIdentity(Protocol):
    """One identity of a declared service."""

    @property
    def claims(self) -> Mapping[str, str]:
        """The preset's fields that name the identity, such as `repository`."""
        ...

    @property
    def require(self) -> Mapping[str, tuple[str, ...]]:
        """Further claims and the values that they may have."""
        ...


@dataclass(frozen=True, slots=True)
class SubjectFormat:
    """The subjects of an identity that gives exactly `fields`: any of `templates`, with the fields' values in braces.

    wild: `*` in a template is a wildcard. requires: further claims that the token must have, as templates too.
    """

    fields: tuple[str, ...]
    templates: tuple[str, ...]
    wild: bool = False
    requires: tuple[tuple[str, str], ...] = ()


def _unchanged(values: Mapping[str, str]) -> Mapping[str, str]:
    return values


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of identity provider, as AWS sees it.

    name: the word in the declaration.
    urls: forms of its issuer URL; `{name}` stands for one piece without a slash, `{name...}` for one that may have slashes.
    url: the issuer URL where there is one that most people use.
    audience: the audience that is used where the declaration names none; it may use the pieces of the URL.
    subjects: which fields an identity may give, and the `sub` that follows.
    fields: what each field means, for people.
    forms: of fields, a regular expression that the whole value matches; `fields` says what that is. `init` asks for it.
    owned: the field whose value begins with its owner and a slash.
    prepare: turns the fields' values into those that the templates use (encodes, splits).
    authorized_party: the field whose value is the token's `azp`, where it is given. AWS's key `aud` then reads it, and `oaud`
        the token's `aud`.
    party_urls: those forms of its URL whose tokens always carry `azp`, although the field can be left out.
    trailing_slash: True: the issuer ends with a slash; False: without; None: as written.
    notes: what is not confirmed, and what is easily got wrong.
    reused_names: who else can come to have a subject once its owner is deleted; empty where nobody can, or it is not known.

    Which claims AWS makes condition keys of, and which providers it has built in, are facts of `aws.provider_claims`.
    """

    name: str
    title: str
    subjects: tuple[SubjectFormat, ...]
    fields: Mapping[str, str]
    evidence: Evidence
    urls: tuple[str, ...] = ()
    url: str | None = None
    audience: str | None = None
    forms: Mapping[str, str] = field(default_factory=dict)
    owned: str = ""
    prepare: Callable[[Mapping[str, str]], Mapping[str, str]] = _unchanged
    authorized_party: str | None = None
    party_urls: tuple[str, ...] = ()
    trailing_slash: bool | None = False
    notes: tuple[str, ...] = ()
    reused_names: str = ""

    def format_of(self, claims: Mapping[str, str]) -> SubjectFormat | None:
        """The format whose fields are exactly those given, or None."""
        given = set(claims)
        return next((known for known in self.subjects if set(known.fields) == given), None)

    def taken_format(self, claims: Mapping[str, str]) -> SubjectFormat:
        """The format whose fields are exactly those given. Raises `KeyError` where no format takes them."""
        known = self.format_of(claims)
        if known is None:
            raise KeyError(f"{self.name}: no subject from {', '.join(claims) or 'nothing'}")
        return known

    def subjects_of(self, claims: Mapping[str, str], url: str) -> tuple[str, ...]:
        """The `sub` values of tokens that this identity carries. Raises `KeyError` where no format takes these fields."""
        return self.subjects_of_values(self.taken_format(claims), self.prepare(claims), url)

    def subjects_of_values(self, known: SubjectFormat, values: Mapping[str, str], url: str) -> tuple[str, ...]:
        """The same for a format that is known, and values that are prepared."""
        pieces = url_pieces(self.urls, url)
        every = {**pieces, **values} if pieces else values
        return tuple([template.format_map(every) for template in known.templates])

    def audience_of(self, url: str) -> str | None:
        """The audience that is used where the declaration names none, or None where it must name one."""
        pieces = url_pieces(self.urls, url)
        try:
            return None if self.audience is None else self.audience.format_map(pieces)
        except KeyError:
            return None
