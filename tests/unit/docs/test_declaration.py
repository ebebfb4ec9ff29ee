from docs.generators.declaration import listing


def test_every_field_has_its_line_at_its_depth() -> None:
    lines = listing().splitlines()
    assert any(line.startswith("issuers*:") for line in lines)
    assert any(line.startswith("    url:") and "issuer URL" in line for line in lines)
    assert any(line.startswith("      prefix:") for line in lines)
    assert any(line.startswith("      duration:") and line.endswith("[15m to 12h]") for line in lines)
    assert any(
        line.startswith("    encryption:") and line.endswith("[s3 | kms, or the ARN of a key, not of an alias, or `{key: ...}`]")
        for line in lines
    )
