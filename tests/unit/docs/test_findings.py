from docs.generators.findings import listing

from bucketpass.findings import CODES


def test_every_code_has_its_entry() -> None:
    text = listing()
    for code in CODES.values():
        assert f"### {code.name}\n**{code.severity.value}**: {code.title}\n\n{code.explanation}\n\n*Remedy:* {code.remedy}" in text
