import pytest

from bucketpass.aws.regions import is_region_name

KNOWN = (
    "af-south-1 ap-east-1 ap-northeast-3 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-2 eu-isoe-west-1 "
    "eusc-de-east-1 il-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-gov-west-1 us-iso-east-1 us-isob-east-1 us-isof-south-1"
)


@pytest.mark.parametrize("name", KNOWN.split())
def test_regions_of_every_partition_have_the_form(name: str) -> None:
    assert is_region_name(name)


@pytest.mark.parametrize(
    "name", ["", "mars", "us-esat-1", "us-east", "us-east-0", "us-east-1a", "US-EAST-1", "us-east-1\n", "useast-1", "us-east-²"]
)
def test_other_names_do_not(name: str) -> None:
    assert not is_region_name(name)
