"""Every time, share and size that the credentials live by, with its reason. This module imports nothing."""

# Refresh ------------------------------------------------------------------------------------------------------------
REFRESH_AT_LIFE = 0.55  # share of a session's life: late enough to use it, early enough to bear an outage of the other 45 %
REFRESH_JITTER = 0.10  # of that share, both ways: a thousand hosts that started at once do not ask at once
EXPIRY_MARGIN_SECONDS = 30.0  # the last moment at which a request can be signed and still arrive
LOG_AGAIN_SECONDS = 600.0  # between lines of the log about the same failure
KEEPER_LOOK_SECONDS = 60.0  # between looks whether the machine was asleep, or the provider is gone
BACKOFF_FIRST_SECONDS = 1.0  # full jitter: a random time up to 1, 2, 4 … seconds
BACKOFF_MOST_SECONDS = 60.0  # so that access is back at most a minute after STS is

# A caller who has no valid credentials --------------------------------------------------------------------------------
FOREGROUND_SECONDS = 15.0  # waits that long for a first exchange, with its retries, and for a lock
REQUEST_SECONDS = 5.0  # one answer of STS, which takes 50 to 500 ms when it is well
LAST_TRY_SECONDS = 1.0  # with less time left STS is not asked again
FRESH_TOKENS = 2  # how often a refused token is asked anew: it may have been rotated between reading and sending
RETRY_ON_DEMAND_SECONDS = 1.0  # how old a known lasting failure must be before a caller has it tried again
BUSY_SECONDS = 1.0  # until one who found another renewing looks for what it got
LOCK_START_SECONDS = 3.0  # from taking a lock to the first step under it: 64 processes may be starting on two cores
LOCK_GRACE_SECONDS = 1.0  # beyond what a step may take, until its process counts as stopped and is passed over
LOCK_TOKEN_SECONDS = 10.0  # a step that asks the token's source anew
LOCK_TURNS = 8  # how many stopped processes are passed over
LOCK_POLL_SECONDS = (0.01, 0.02)  # between looks at a lock, first and later: 64 who wait must not starve the one who works

# The endpoint -----------------------------------------------------------------------------------------------------------
ENDPOINT_PATIENCE_SECONDS = 0.8  # boto3 gives up after 2 s, and asks three times
ENDPOINT_MARGIN_SECONDS = 960.0  # boto3 asks at each request once less than 15 minutes are left: keep 16 where the session allows it
ENDPOINT_HEADER_BYTES = 8192  # what SDKs send has 300
ENDPOINT_REQUEST_SECONDS = 5.0  # within which a request must be whole: a slow sender holds a place for no longer
ENDPOINT_CONNECTIONS = 512  # of one user's processes; more are closed at once

# Files --------------------------------------------------------------------------------------------------------------------
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
ENTRY_BYTES = 65_536  # an entry has 3 KiB; a larger file is none of ours
CLOCK_STEP_SECONDS = 5.0  # by which a clock may be set back, and an entry from before count; its margin is longer
STALE_SECONDS = 86_400.0  # files untouched for a day are removed: no session lives longer than 12 hours


def refresh_age(life: float, draw: float, keep: float = 0.0) -> float:
    """The age in seconds at which a session of `life` seconds is renewed. `draw` is in [0, 1); `keep` seconds shall stay, if they can."""
    age = life * REFRESH_AT_LIFE * (1 + REFRESH_JITTER * (2 * draw - 1))
    # A session that is hardly longer than `keep` would be renewed all the time: it has its own half.
    return min(age, life - keep) if keep < life / 2 else age


def expiry_margin(life: float) -> float:
    """Seconds before its end from which a session of `life` seconds is not given out any more: a tenth, where it is that short."""
    return min(EXPIRY_MARGIN_SECONDS, life / 10)


def backoff(failures: int, draw: float) -> float:
    """Seconds to wait after `failures` failures in a row, at least 1 failure."""
    return draw * min(BACKOFF_MOST_SECONDS, BACKOFF_FIRST_SECONDS * 2.0 ** min(failures - 1, 10))
