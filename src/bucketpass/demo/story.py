"""What is tried in the demo, and whether the declaration in `example/` allows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["BUCKET", "STORY", "Attempt", "AttemptedCall", "Proof"]

BUCKET = "datasets"


class Proof(Enum):
    """Which token is sent to STS."""

    OWN = "its own token"
    OTHER_SERVICE = "the token of the other service"
    OTHER_AUDIENCE = "a token for another audience"
    UNDECLARED_SUBJECT = "a token of a subject that is not declared"
    EXPIRED = "a token that has expired"
    FORGED = "a token signed with a key that is not the issuer's"
    UNSIGNED = "a token with `alg: none`"


@dataclass(frozen=True, slots=True)
class AttemptedCall:
    """An S3 call with the session's credentials. `operation` is S3's name of it; `key` a key, or the prefix of a listing."""

    operation: str
    key: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: to assume the role of `service` with `proof`, and then the calls, if any."""

    description: str
    service: str
    allowed: bool
    calls: tuple[AttemptedCall, ...] = ()
    proof: Proof = Proof.OWN
    plain_http: bool = False
    session_over: bool = False


MULTIPART_UPLOAD = (
    AttemptedCall("CreateMultipartUpload", "checkpoints/step-100.pt"),
    AttemptedCall("UploadPart", "checkpoints/step-100.pt"),
    AttemptedCall("CompleteMultipartUpload", "checkpoints/step-100.pt"),
)

STORY = (
    Attempt("trainer lists raw/", "trainer", True, (AttemptedCall("ListObjectsV2", "raw/"),)),
    Attempt("trainer reads raw/shard-000.txt", "trainer", True, (AttemptedCall("GetObject", "raw/shard-000.txt"),)),
    Attempt("trainer uploads checkpoints/step-100.pt in parts", "trainer", True, MULTIPART_UPLOAD),
    Attempt("evaluator lists checkpoints/", "evaluator", True, (AttemptedCall("ListObjectsV2", "checkpoints/"),)),
    Attempt("evaluator reads checkpoints/step-100.pt", "evaluator", True, (AttemptedCall("GetObject", "checkpoints/step-100.pt"),)),
    Attempt("trainer reads private/salaries.csv", "trainer", False, (AttemptedCall("GetObject", "private/salaries.csv"),)),
    Attempt("trainer overwrites raw/shard-000.txt", "trainer", False, (AttemptedCall("PutObject", "raw/shard-000.txt"),)),
    Attempt("trainer deletes checkpoints/step-100.pt", "trainer", False, (AttemptedCall("DeleteObject", "checkpoints/step-100.pt"),)),
    Attempt("evaluator writes checkpoints/fake.pt", "evaluator", False, (AttemptedCall("PutObject", "checkpoints/fake.pt"),)),
    Attempt("trainer lists private/", "trainer", False, (AttemptedCall("ListObjectsV2", "private/"),)),
    Attempt("trainer lists the whole bucket", "trainer", False, (AttemptedCall("ListObjectsV2", ""),)),
    Attempt("trainer reads raw/ over plain http", "trainer", False, (AttemptedCall("GetObject", "raw/shard-000.txt"),), plain_http=True),
    Attempt(
        "trainer reads raw/ after its session ran out",
        "trainer",
        False,
        (AttemptedCall("GetObject", "raw/shard-000.txt"),),
        session_over=True,
    ),
    Attempt("evaluator asks for the trainer's role", "trainer", False, proof=Proof.OTHER_SERVICE),
    Attempt("a token for another audience", "trainer", False, proof=Proof.OTHER_AUDIENCE),
    Attempt("a token of a subject that is not declared", "trainer", False, proof=Proof.UNDECLARED_SUBJECT),
    Attempt("a token that has expired", "trainer", False, proof=Proof.EXPIRED),
    Attempt("a token with a forged signature", "trainer", False, proof=Proof.FORGED),
    Attempt("a token with `alg: none`", "trainer", False, proof=Proof.UNSIGNED),
)
