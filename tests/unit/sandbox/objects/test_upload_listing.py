from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of


def begin(world: Inside) -> str:
    return between(text_of(world.s3("POST", "/bucket/k?uploads")), "UploadId")


def test_parts_and_uploads_are_listed_page_by_page() -> None:
    with inside() as world:
        world.s3("PUT", "/bucket")
        upload, second = begin(world), begin(world)
        for number in (1, 2, 3):
            world.s3("PUT", f"/bucket/k?partNumber={number}&uploadId={upload}", {}, b"x")
        page = text_of(world.s3("GET", f"/bucket/k?uploadId={upload}&max-parts=2"))
        assert (between(page, "NextPartNumberMarker"), between(page, "IsTruncated")) == ("2", "true")
        rest = text_of(world.s3("GET", f"/bucket/k?uploadId={upload}&part-number-marker=2"))
        assert (rest.count("<Part>"), between(rest, "PartNumber")) == (1, "3")
        page = text_of(world.s3("GET", "/bucket?uploads&max-uploads=1"))
        marker = between(page, "NextUploadIdMarker")
        rest = text_of(world.s3("GET", f"/bucket?uploads&key-marker=k&upload-id-marker={marker}"))
        assert {marker, between(rest, "UploadId")} == {upload, second}
        assert outcome(world.s3("GET", "/bucket?uploads&delimiter=%2F")) == (501, "NotImplemented")
