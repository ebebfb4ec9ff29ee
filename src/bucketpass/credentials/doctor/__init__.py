"""Why a service cannot reach its data: every link of the chain is looked at, in the order in which they hold each other.

Each check says what it saw, and where it is wrong, the remedy. A check whose link before it is broken is skipped; what can
be seen without a network is seen first. `chain.py` has the order; `local_checks.py`, `issuer_checks.py` and `remote_checks.py`
have a function for each link.
"""

from bucketpass.credentials.doctor.chain import examine
from bucketpass.credentials.doctor.examination import CheckResult, CheckVerdict, ExaminedService

__all__ = ["CheckResult", "CheckVerdict", "ExaminedService", "examine"]
