"""The codes of `bucketpass doctor`: why a service cannot reach its data from the machine that it runs on."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import CREATE_PROVIDER, ERROR_RESPONSES, S3, SDK, STS, Code

__all__ = ["MACHINE_CODES"]

_CHAIN = SDK + "standardized-credentials.html"

MACHINE_CODES = (
    Code(
        "other-credentials-first",
        Severity.ERROR,
        "SDKs find other AWS credentials first",
        "The AWS SDKs take the first credentials of their chain. Keys in the environment or in the default profile stand before those of "
        "bucketpass, so the service acts as somebody else.",
        "Remove them, or start the service with `bucketpass exec`, which does.",
        _CHAIN,
    ),
    Code(
        "cache-off",
        Severity.NOTE,
        "the cache is turned off",
        "Every process exchanges its token for itself. Many processes on one host may be throttled by STS.",
        "Remove BUCKETPASS_CACHE=off, or use `bucketpass serve`.",
    ),
    Code(
        "cache-unusable",
        Severity.ERROR,
        "the cache's directory cannot be used",
        "The directory belongs to another user, other users can write to it, or it cannot be created. Nothing is shared in such a place.",
        "Remove it, or set BUCKETPASS_CACHE to a directory of this user.",
    ),
    Code(
        "renewal-fails",
        Severity.WARNING,
        "renewing the credentials fails",
        "The session in this host's cache is still good, and every process uses it; the attempts to get a newer one fail. When the session "
        "ends, so does the service's access.",
        "Look at what STS says; it is asked again within a minute.",
    ),
    Code(
        "session-of-another-sandbox",
        Severity.NOTE,
        "the cache has a session of a sandbox that has ended",
        "A sandbox's sessions end with it. The session is not used: the next process gets a new one.",
        "Nothing; start the sandbox again if nothing answers at its address.",
    ),
    Code(
        "role-unknown",
        Severity.ERROR,
        "no role to assume is known",
        "The ARN of the role is missing, or is not a role ARN.",
        "Set AWS_ROLE_ARN to the ARN that `bucketpass up` printed.",
        SDK + "feature-assume-role-credentials.html",
    ),
    Code(
        "option-invalid",
        Severity.ERROR,
        "an option of the exchange is not valid",
        "STS is not asked with an option or a variable that it refuses, or that would show the token to others.",
        "Correct the option or the variable that the message names: `bucketpass doctor --help` lists both.",
    ),
    Code(
        "role-of-another-partition",
        Severity.ERROR,
        "the role is in another partition than the Region",
        "Each partition of AWS (aws, aws-cn, aws-us-gov) has accounts, roles and an STS of its own.",
        "Set AWS_REGION to a Region of the role's partition, or AWS_ROLE_ARN to a role of the Region's.",
        SDK + "feature-sts-regionalized-endpoints.html",
    ),
    Code(
        "no-token-source",
        Severity.ERROR,
        "no source of tokens",
        "None of the platforms that bucketpass knows was recognised on this machine, and no source is named.",
        "Name the source with --source or AWS_WEB_IDENTITY_TOKEN_FILE: docs/how-to/token-sources.md lists them.",
    ),
    Code(
        "token-unusable",
        Severity.ERROR,
        "the token is one that AWS refuses",
        "The token is not a JWT that AWS reads, is expired or not yet valid, or is for another audience. It was not sent.",
        "See why with `bucketpass token`.",
        STS,
    ),
    Code(
        "sts-unreachable",
        Severity.ERROR,
        "STS does not answer",
        "The address of STS could not be reached from this machine, or its certificate is not trusted.",
        "Check the address, DNS, HTTPS_PROXY and NO_PROXY, and firewalls.",
        SDK + "feature-sts-regionalized-endpoints.html",
    ),
    Code(
        "clock-unknown",
        Severity.NOTE,
        "the clock could not be compared",
        "The answer of STS had no time.",
        "Check that the address is that of STS.",
    ),
    Code(
        "clock-skew",
        Severity.NOTE,
        "this machine's clock is off",
        "The clock differs from that of STS by a minute or more. bucketpass corrects it; other programs may not.",
        "Set this machine's clock; run an NTP client.",
        ERROR_RESPONSES,
    ),
    Code(
        "clock-refused",
        Severity.ERROR,
        "S3 refuses requests because of this machine's clock",
        "The clock differs from that of STS by 15 minutes or more: S3 answers RequestTimeTooSkewed.",
        "Set this machine's clock; run an NTP client.",
        ERROR_RESPONSES,
    ),
    Code(
        "issuer-not-https",
        Severity.ERROR,
        "the issuer is not an https URL",
        "IAM accepts OIDC providers with https URLs only.",
        "Give the issuer an https URL.",
        CREATE_PROVIDER,
    ),
    Code(
        "issuer-unreadable",
        Severity.NOTE,
        "the issuer's documents cannot be read from here",
        "Discovery document or keys could not be fetched. AWS must be able to read them from the internet; this machine need not.",
        "Check that the issuer is reachable from the internet.",
        CREATE_PROVIDER,
    ),
    Code(
        "issuer-mismatch",
        Severity.ERROR,
        "the discovery document is of another issuer",
        "The document's `issuer` differs from the token's `iss`. AWS compares them exactly, also in the slash at the end.",
        "Create the provider in IAM with the token's `iss`.",
        CREATE_PROVIDER,
    ),
    Code(
        "signing-key-unpublished",
        Severity.ERROR,
        "the issuer does not publish the key that signed the token",
        "The token's `kid` is not in the issuer's JWKS: the keys have been rotated, or the token comes from elsewhere.",
        "Get a new token.",
        CREATE_PROVIDER,
    ),
    Code(
        "issuer-mocked",
        Severity.ERROR,
        "a sandbox stands in for this issuer",
        "A sandbox mocks the issuers of its declaration: it takes the tokens that its mock signed, not those of the real issuer.",
        "Take a token with `bucketpass sandbox token SERVICE`, or start the sandbox with `--real-issuer NAME`.",
        CREATE_PROVIDER,
    ),
    Code(
        "trust-refuses-token",
        Severity.ERROR,
        "the trust policy does not admit the token",
        "The role's trust policy, as declared or as given, does not allow sts:AssumeRoleWithWebIdentity with this token.",
        "Compare issuer, audience and subject with `bucketpass token`.",
        STS,
    ),
    Code(
        "exchange-refused",
        Severity.ERROR,
        "STS refused the token",
        "AssumeRoleWithWebIdentity gave an error instead of credentials.",
        "Look up the code in STS's list of errors.",
        STS,
    ),
    Code(
        "data-unreachable",
        Severity.ERROR,
        "S3 does not answer",
        "The address of S3 could not be reached from this machine.",
        "Check AWS_ENDPOINT_URL_S3, the Region and the network.",
        S3 + "VirtualHosting.html",
    ),
    Code(
        "data-refused",
        Severity.ERROR,
        "S3 refused the request",
        "With the service's credentials S3 answered with an error to listing the prefix or reading the object.",
        "Look up the code in S3's list of errors.",
        ERROR_RESPONSES,
    ),
)
