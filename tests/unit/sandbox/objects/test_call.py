from datetime import UTC, datetime

from bucketpass.sandbox.objects.call import timestamp


def test_a_time_is_written_to_the_millisecond() -> None:
    assert timestamp(datetime(2026, 1, 2, 3, 4, 5, 6789, UTC)) == "2026-01-02T03:04:05.006Z"
