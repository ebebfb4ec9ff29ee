"""Writes `arguments.py`: what components take, as types, from the fields of the declaration.

`python -m bucketpass.provision.components.generate > src/bucketpass/provision/components/arguments.py` brings it up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bucketpass.model.access import Access, Bucket, Identity, Issuer, Service
from bucketpass.model.declaration import inner_record
from bucketpass.model.field import record_of
from bucketpass.model.record import Record, RecordField
from bucketpass.model.render import default_words
from bucketpass.model.shape import Boolean, Count, ListOf, MapOf, Shape

__all__ = ["ARGUMENTS", "arguments_text", "class_name", "fields_of"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one class: the fields of a record without some, with other names for some, and further ones before or after."""

    name: str
    record: Record
    description: str
    without: frozenset[str] = frozenset()
    renamed: tuple[tuple[str, str], ...] = ()
    before: tuple[tuple[str, str, str], ...] = ()
    after: tuple[tuple[str, str, str], ...] = ()
    required: frozenset[str] = frozenset()


def _tags(words: str) -> tuple[tuple[str, str, str], ...]:
    return (("tags", "NotRequired[dict[str, pulumi.Input[str]]]", words),)


# Classes of single components, beside those of the declaration's records.
OWN = (
    Arguments("FederatedAccessArgs", record_of(Access), "A whole declaration: the fields of access.yaml."),
    Arguments(
        "OidcIssuerArgs",
        record_of(Issuer),
        "An identity provider as IAM knows it.",
        without=frozenset({"provider", "authorized_party"}),
        after=_tags("Tags of the provider."),
    ),
    Arguments(
        "RoleIdentityArgs", record_of(Identity), "Which tokens of the role's issuer can assume the role.", without=frozenset({"issuer"})
    ),
    Arguments(
        "ServiceRoleArgs",
        record_of(Service),
        "One service's role; its issuer's provider and its buckets exist already.",
        without=frozenset({"identity"}),
        renamed=(("name", "role_name"),),
        before=(
            ("issuer", "IssuerArgs", "The service's issuer; its IAM provider is used, not made."),
            ("identity", "RoleIdentityArgs", "Which of its tokens can assume the role."),
        ),
        required=frozenset({"grants"}),
    ),
    Arguments(
        "ProtectedBucketArgs",
        record_of(Bucket),
        "A bucket with its guard rails, by itself.",
        without=frozenset({"create", "account", "policy"}),
    ),
)


def class_name(record: Record) -> str:
    """Return the name of a record's class of arguments."""
    return f"{getattr(record.build, '__name__', '')}Args"


def _records(record: Record) -> Iterator[Record]:
    """The records within, each before those that have it, then the record itself."""
    for one in record.fields:
        inner = inner_record(one.shape) if one.component else None
        if inner is not None:
            yield from _records(inner)
    yield record


ARGUMENTS = (
    *(
        Arguments(class_name(record), record, record.description)
        for record in dict.fromkeys(_records(record_of(Access)))
        if record.build is not Access
    ),
    *OWN,
)


def fields_of(arguments: Arguments) -> tuple[RecordField, ...]:
    """Return the fields of a class of arguments that are fields of the declaration, under their names there."""
    renamed = dict(arguments.renamed)
    return tuple(
        replace(one, name=renamed.get(one.name, one.name), required=one.required or one.name in arguments.required)
        for one in arguments.record.fields
        if one.component and one.name not in arguments.without
    )


def arguments_text() -> str:
    """Return the text of the module."""
    classes = "\n\n\n".join("\n".join(_class(arguments)) for arguments in ARGUMENTS)
    names = "".join(f'    "{name}",\n' for name in sorted(arguments.name for arguments in ARGUMENTS))
    return f"{HEAD}\n__all__ = [\n{names}]\n\n\n{classes}\n"


def _class(arguments: Arguments) -> Iterator[str]:
    yield f"class {arguments.name}(TypedDict):"
    yield f'    """{arguments.description}"""'
    yield ""
    rows = (
        *arguments.before,
        *((one.name, _annotation(one), _sentence(one)) for one in fields_of(arguments)),
        *arguments.after,
    )
    for name, annotation, words in rows:
        yield f"    {name}: {annotation}"
        yield f'    """{words}"""'


def _sentence(one: RecordField) -> str:
    return f"{one.words[:1].upper()}{one.words[1:]}{default_words(one)}."


def _annotation(one: RecordField) -> str:
    kind = _kind(one.shape, output=one.output)
    return kind if one.required else f"NotRequired[{kind}]"


def _kind(shape: Shape, *, output: bool) -> str:
    match shape:
        case Record():
            return class_name(shape)
        case ListOf():
            return f"list[{_kind(shape.item, output=output)}]"
        case MapOf():
            return f"dict[str, {_kind(shape.item, output=output)}]"
    plain = {Boolean: "bool", Count: "int"}.get(type(shape), "str")
    return f"pulumi.Input[{plain}]" if output else plain


HEAD = '''"""What components take, as types: Pulumi makes its schema of them, and their docstrings its text.

Generated by `python -m bucketpass.provision.components.generate` from the fields of the declaration. What is an `Input` may be
known only once another resource is made; everything else says which resources there are.
"""

# Annotations are evaluated here, and unions are not understood by Pulumi.

from typing import NotRequired, TypedDict

import pulumi
'''


if __name__ == "__main__":
    print(arguments_text(), end="")
