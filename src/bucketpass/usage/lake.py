"""A table of CloudTrail in Athena, Trino or CloudTrail Lake as the rows and sessions of a store: its SQL, for `TrinoEngine`.

The table is that of `usage setup` (AWS's own, with the columns that its example leaves out): requestParameters and
responseElements are JSON texts. Copies of an event count once. Headers are not read: conditions on them are `cannot tell`.

Untried on such an engine: the texts are parsed by the engines' dialects in the tests, and run there by DuckDB.
"""

from __future__ import annotations

from pathlib import Path

from bucketpass.aws.operations import OPERATIONS
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.names import cloudtrail_names
from bucketpass.usage.records import AUTHORIZED_ERRORS, COLUMNS, REFUSED_ERRORS, SESSION_COLUMNS, Counts, Outcome
from bucketpass.usage.sql import Fragment, quoted
from bucketpass.usage.store import LogStore

__all__ = ["lake_store", "lake_tables"]


def lake_store(engine: QueryEngine) -> LogStore:
    """Return the store of an engine over `lake_tables`, for `usage_of`, `replay` and `learn`."""
    ((rows, first, last),) = engine.run(Fragment("SELECT count(*), min(time), max(time) FROM rows"))
    counts = Counts(records=int(rows or 0), rows=int(rows or 0))
    bounds = (None if first is None else int(first), None if last is None else int(last))
    return LogStore(Path(), counts, *bounds, has_doubled=False, has_requesters=False, session_tags=())


def lake_tables(table: str) -> dict[str, str]:
    """Return the queries, in Trino's SQL, that stand for the store's tables. `table`: its name as the engine takes it."""
    once = f"(SELECT events.*, row_number() OVER (PARTITION BY {_EVENT} ORDER BY eventtime) AS copy FROM {table} AS events)"
    rows = ", ".join(f"{_ROW[name]} AS {name}" for name in COLUMNS)
    sessions = ", ".join(f"{_SESSION[name]} AS {name}" for name in SESSION_COLUMNS)
    known = ", ".join(quoted(name) for name in sorted({*OPERATIONS, *cloudtrail_names()}))
    return {
        "rows": f"SELECT {rows} FROM {once} AS event WHERE copy = 1 AND eventsource = 's3.amazonaws.com' AND eventname IN ({known})"
        " AND coalesce(eventcategory, 'Data') IN ('Data', 'Management')"
        f" AND eventid NOT IN (SELECT addendum.originaleventid FROM {table} WHERE addendum.reason = 'UPDATED_DATA'"
        " AND addendum.originaleventid IS NOT NULL)",
        "sessions": f"SELECT {sessions} FROM {once} AS event"
        " WHERE copy = 1 AND eventname = 'AssumeRoleWithWebIdentity' AND errorcode IS NULL",
    }


def _listed(texts: frozenset[str]) -> str:
    return ", ".join(quoted(text) for text in sorted(texts))


def _parameter(name: str) -> str:
    return f"json_extract_scalar(requestparameters, '$[\"{name}\"]')"


def _response(path: str) -> str:
    return f"json_extract_scalar(responseelements, '$.{path}')"


_EVENT = "coalesce(sharedeventid, recipientaccountid || '/' || eventid)"
_TIME = "CAST(to_unixtime(from_iso8601_timestamp(eventtime)) AS BIGINT)"
_RENAMED = " ".join(f"WHEN {quoted(event)} THEN {quoted(operation)}" for event, operation in cloudtrail_names().items())
_ENCODED = f"split_part({_parameter('x-amz-copy-source')}, '?versionId=', 1)"
# Trino's function takes `+` for a blank, and fails the whole query at a `%` that encodes nothing.
_SOURCE = f"regexp_replace(coalesce(try(url_decode(replace({_ENCODED}, '+', '%2B'))), {_ENCODED}), '^/', '')"
_ISSUER = "useridentity.sessioncontext.sessionissuer"
_PRINCIPAL = f"""CASE useridentity.type
  WHEN 'AssumedRole' THEN 'role:' || {_ISSUER}.accountid || '/' || {_ISSUER}.username
  WHEN 'IAMUser' THEN 'user:' || useridentity.accountid || '/' || useridentity.username
  WHEN 'Root' THEN 'root:' || useridentity.accountid
  WHEN 'AWSService' THEN 'service:' || coalesce(useridentity.invokedby, useridentity.principalid, '')
  WHEN 'AWSAccount' THEN CASE WHEN 'anonymous' IN (useridentity.accountid, useridentity.principalid) THEN 'anonymous'
    ELSE 'account:' || coalesce(useridentity.accountid, useridentity.principalid) END
  ELSE coalesce('other:' || useridentity.arn, 'anonymous') END"""
_ROW = {
    # The same for an event in each query: 64 bits of its hash.
    "row_number": f"from_big_endian_64(xxhash64(to_utf8({_EVENT})))",
    "event_id": _EVENT,
    "replaces": "CAST(NULL AS VARCHAR)",
    "request_id": "requestid",
    "source": "'cloudtrail'",
    "time": _TIME,
    "principal": _PRINCIPAL,
    "session_name": "coalesce(split_part(useridentity.arn, '/', 3), '')",
    "access_key_id": "coalesce(useridentity.accesskeyid, '')",
    "operation": f"CASE WHEN eventname = 'ListObjects' AND {_parameter('list-type')} = '2' THEN 'ListObjectsV2'"
    f" ELSE CASE eventname {_RENAMED} ELSE eventname END END",
    "part": "''",
    "bucket": f"coalesce({_parameter('bucketName')}, '')",
    "object_key": _parameter("key"),
    "version_id": _parameter("versionId"),
    "prefix": _parameter("prefix"),
    "delimiter": _parameter("delimiter"),
    "max_keys": _parameter("max-keys"),
    "source_bucket": f"split_part({_SOURCE}, '/', 1)",
    "source_key": f"substr({_SOURCE}, length(split_part({_SOURCE}, '/', 1)) + 2)",
    "source_version": f"nullif(split_part({_parameter('x-amz-copy-source')}, '?versionId=', 2), '')",
    "source_ip": "coalesce(sourceipaddress, '')",
    "vpc_endpoint": "coalesce(vpcendpointid, '')",
    "tls": "coalesce(tlsdetails.tlsversion, '')",
    "headers": "CAST(NULL AS VARCHAR)",
    "outcome": f"CASE WHEN coalesce(errorcode, '') IN ({_listed(AUTHORIZED_ERRORS)}) THEN '{Outcome.ALLOWED.value}'"
    f" WHEN errorcode IN ({_listed(REFUSED_ERRORS)}) THEN '{Outcome.REFUSED.value}' ELSE '{Outcome.UNDECIDED.value}' END",
    "error": "coalesce(errorcode, '')",
}
_SUBJECT = "coalesce(useridentity.username, '')"
_PROVIDER = "coalesce(useridentity.identityprovider, '')"
_SESSION = {
    "access_key_id": _response("credentials.accessKeyId"),
    "time": _TIME,
    "role": f"'role:' || split_part({_parameter('roleArn')}, ':', 5) || '/' || regexp_extract({_parameter('roleArn')}, '[^/]+$')",
    "session_name": f"coalesce({_parameter('roleSessionName')}, '')",
    "provider": _PROVIDER,
    "subject": _SUBJECT,
    "audience": f"coalesce({_response('audience')}, '')",
    "source_identity": "coalesce(useridentity.sessioncontext.sourceidentity, '')",
    "tags": "coalesce(json_format(json_extract(requestparameters, '$.principalTags')), '{}')",
}
