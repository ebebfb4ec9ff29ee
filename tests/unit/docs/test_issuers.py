from docs.generators.issuers import listing

from bucketpass.issuers import PRESETS


def test_every_preset_is_described_with_its_notes() -> None:
    text = listing()
    for preset in PRESETS.values():
        assert f"{preset.name}: {preset.title}" in text
        assert all(note in text for note in preset.notes)
        assert all(template in text for known in preset.subjects for template in known.templates)
    assert "built into AWS: no provider is made" in text
    assert "  require   actor, actor_id" in text
