"""Identity providers as AWS sees them.

Each provider is one file with a `PRESET`; `registry` has them by name. For instance::

    from bucketpass.issuers import preset

    preset("github").fields      # what an identity of GitHub Actions may say
"""

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat
from bucketpass.issuers.registry import PRESETS, preset
from bucketpass.issuers.trust import Trusted, audiences, issuer_url, pinned_audiences, sample_claims, trusted
from bucketpass.issuers.url import provider_path

__all__ = [
    "PRESETS",
    "Evidence",
    "Preset",
    "SubjectFormat",
    "Trusted",
    "audiences",
    "issuer_url",
    "pinned_audiences",
    "preset",
    "provider_path",
    "sample_claims",
    "trusted",
]
