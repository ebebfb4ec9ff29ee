from docs.check import GENERATED, with_fresh_blocks

BLOCK = "<!-- generated: bucketpass --version -->\n```text\nold\n```\nafter\n"
REGION = "<!-- generated: bucketpass --version -->\nold\n```\ncode\n```\n<!-- end of generated -->\nafter\n"


def test_a_block_and_a_region_are_what_the_command_prints() -> None:
    version = "bucketpass 0"
    fresh = with_fresh_blocks(BLOCK)
    assert fresh.startswith(BLOCK.partition("old")[0] + version)
    assert fresh.endswith("\n```\nafter\n")
    assert with_fresh_blocks(REGION).startswith(f"<!-- generated: bucketpass --version -->\n{version}")
    assert with_fresh_blocks(REGION).endswith("\n<!-- end of generated -->\nafter\n")


def test_what_is_generated_ends_where_its_own_end_is() -> None:
    assert [found["text"] for found in GENERATED.finditer(BLOCK + REGION)] == ["old\n", "old\n```\ncode\n```\n"]
