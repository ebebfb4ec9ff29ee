from bucketpass.provision.adoption import Remark


def test_a_remark_says_its_place_first() -> None:
    assert str(Remark("role r", "it is left out")) == "role r: it is left out"
