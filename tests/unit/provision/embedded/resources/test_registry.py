"""The table of types."""

import importlib
import inspect

import pytest

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.resources.interface import Handler
from bucketpass.provision.embedded.resources.registry import HANDLERS, handler_of


@pytest.mark.parametrize("token", HANDLERS)
def test_a_type_has_at_most_one_name_and_no_property_twice(token: str) -> None:
    handler = handler_of(token)
    names = [rule.name for rule in handler.properties]
    assert len(names) == len(set(names))
    assert sum(rule.naming is not None for rule in handler.properties) <= 1


OF_THIS_ENGINE = {"aws:s3/bucketTags:BucketTags"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("handler", dict.fromkeys(HANDLERS.values()), ids=lambda handler: handler.tokens[0])
def test_what_none_of_pulumis_own_classes_knows_is_not_in_the_table(handler: Handler) -> None:
    pytest.importorskip("pulumi_aws")
    if handler.tokens[0] in OF_THIS_ENGINE:
        pytest.skip("a type that AWS's provider does not have")
    known = {"region"}.union(*(arguments_of(token) for token in handler.tokens))
    assert {rule.name for rule in handler.properties} <= known


def arguments_of(token: str) -> set[str]:
    """The arguments of pulumi-aws's class for a type, in the words of the wire."""
    module, name = token.split(":")[1].split("/", maxsplit=1)[0], token.rpartition(":")[2]
    kind = getattr(importlib.import_module(f"pulumi_aws.{module}"), name)
    words = (parameter.split("_") for parameter in inspect.signature(kind._internal_init).parameters)
    return {first + "".join(map(str.title, rest)) for first, *rest in words}


def test_an_unknown_type_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ProvisionError, match=r"`aws:sqs/queue:Queue` is not supported.*`aws:kms/alias:Alias`"):
        handler_of("aws:sqs/queue:Queue")
