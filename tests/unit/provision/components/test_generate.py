"""Arguments follow from the fields of the declaration."""

from bucketpass.model import Issuer, Service
from bucketpass.model.field import record_of
from bucketpass.provision.components.generate import ARGUMENTS, class_name, fields_of

BY_NAME = {arguments.name: arguments for arguments in ARGUMENTS}


def test_each_record_has_a_class_that_is_called_as_in_pulumis_sdks() -> None:
    assert class_name(record_of(Issuer)) == "IssuerArgs"
    assert {"BucketArgs", "GrantArgs", "ServiceArgs", "SessionArgs"} <= BY_NAME.keys()


def test_a_class_comes_after_those_that_it_names() -> None:
    names = list(BY_NAME)
    assert names.index("GrantArgs") < names.index("ServiceArgs") < names.index("FederatedAccessArgs")


def test_a_component_has_the_fields_of_the_declaration_but_for_those_that_make_nothing() -> None:
    assert "guarantees" not in {one.name for one in fields_of(BY_NAME["FederatedAccessArgs"])}


def test_a_role_by_itself_has_the_services_fields_under_its_own_names() -> None:
    names = {one.name for one in fields_of(BY_NAME["ServiceRoleArgs"])}
    service = {one.name for one in record_of(Service).fields}
    assert names == service - {"identity", "name"} | {"role_name"}
