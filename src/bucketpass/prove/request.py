"""A request that is not known yet: which parts are fixed, which are free, and what is true of all requests of its kind.

`SymbolicRequest` stands for many requests at once. The other files of this room turn policies into formulas over its variables;
`concrete` makes an ordinary `decide.Request` of a witness for such a formula, so that the engine can be asked about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from string import ascii_letters, ascii_lowercase, digits

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.decide import AuthorizationRequest, ContextValue, Principal, PrincipalKind
from bucketpass.policy import Condition, PolicyDocument, Statement, parse_pattern
from bucketpass.policy.pattern import Variable
from bucketpass.prove.keys import (
    Absent,
    Fixed,
    FreeList,
    FreeText,
    FreeTextOrList,
    FreeValue,
    KeyState,
    TextValue,
    kinds_of_value,
)
from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    Among,
    And,
    Flag,
    Formula,
    Matches,
    Or,
    Some,
    conjunction,
    disjunction,
    implication,
    negation,
)
from bucketpass.prove.theory.glob import ANY, EVERYTHING, STAR, Glob, Repeat, Units
from bucketpass.prove.theory.solver import Witness
from bucketpass.requests.context import presence, presence_elsewhere, request_key
from bucketpass.requests.key import Presence

__all__ = [
    "UNIQUE_ID",
    "UNLISTED",
    "SymbolicPrincipal",
    "SymbolicRequest",
    "Vocabulary",
    "accounts_of",
    "contains",
    "is_session_name",
    "present",
    "text_matches",
    "unique_ids_of",
]

# A word of a variable that no policy can distinguish from others.
_ANY_SESSION = "session"
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
# Of roles and users [A: IAM User Guide, "IAM identifiers"].
UNIQUE_ID = re.compile(r"(?:AROA|AIDA)[A-Z0-9]+")
# The member of a request's actions that stands for all names that `aws.actions` does not list.
UNLISTED = "an action that is not listed"


@dataclass(frozen=True, slots=True)
class SymbolicPrincipal:
    """The principal of a request. `arn` is known, or known but for its end. For a role session, `session` is the variable of its name.

    canonical_user: S3's ID of the principal's account; None: it is not known, so that it may be any that a policy names.
    """

    kind: PrincipalKind
    arn: str | TextValue = ""
    account: str = ""
    partition: str = "aws"
    session: str | None = None
    unique_id: str = ""
    canonical_user: str | TextValue | None = ""

    def concrete(self, texts: Mapping[str, str]) -> Principal:
        """Return the principal with those texts for its variables."""
        arn, canonical_user = _text_of(self.arn, texts), _text_of(self.canonical_user or "", texts)
        session = texts.get(self.session, _ANY_SESSION) if self.session is not None else ""
        name = arn.rpartition("/")[2]
        session_arn = f"arn:{self.partition}:sts::{self.account}:assumed-role/{name}/{session}" if self.session is not None else ""
        return Principal(self.kind, arn, self.account, session_arn, self.unique_id, canonical_user)


def _text_of(text: str | TextValue, texts: Mapping[str, str]) -> str:
    return text if isinstance(text, str) else text.prefix + texts.get(text.variable, "")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What policies name: condition keys in any case with the conditions on each, accounts, unique IDs of roles and users, actions."""

    conditions: Mapping[str, tuple[Condition, ...]]
    accounts: frozenset[str] = frozenset()
    unique_ids: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Iterable[PolicyDocument], further: Iterable[Condition] = ()) -> Vocabulary:
        """The vocabulary of `documents`, and of conditions that are not in them."""
        found: dict[str, dict[Condition, None]] = {}
        accounts, unique_ids, actions = set[str](), set[str](), set[str]()
        for line in further:
            found.setdefault(line.key.lower(), {})[line] = None
        for document in documents:
            for statement in document.statements:
                accounts.update(accounts_of(statement))
                unique_ids.update(unique_ids_of(statement))
                actions.update(statement.actions or statement.not_actions or ())
                for line in statement.conditions:
                    found.setdefault(line.key.lower(), {})[line] = None
                if document.version == "2012-10-17":
                    patterns = [*(statement.resources or ()), *(statement.not_resources or ())]
                    patterns += [value for line in statement.conditions for value in line.values]
                    for pattern in patterns:
                        for key in _variables(pattern):
                            found.setdefault(key, {})
        conditions = {key: tuple(lines) for key, lines in found.items()}
        return cls(conditions, frozenset(accounts), frozenset(unique_ids), frozenset(actions))


def _named(statement: Statement) -> list[str]:
    elements = (element for element in (statement.principal, statement.not_principal) if element is not None)
    return [text for element in elements for text in element.aws]


def accounts_of(statement: Statement) -> Iterable[str]:
    """Return the accounts that a statement distinguishes: those of its principals, and all that stand in its conditions."""
    texts = _named(statement) + [value for line in statement.conditions for value in line.values]
    return (account for text in texts for account in _ACCOUNT.findall(text))


def unique_ids_of(statement: Statement) -> Iterable[str]:
    """Return the unique IDs that stand where AWS no longer knows a role or user of an ARN."""
    return (text for text in _named(statement) if UNIQUE_ID.fullmatch(text))


def _variables(pattern: str) -> Iterable[str]:
    return (part.key.lower() for part in parse_pattern(pattern) if isinstance(part, Variable)) if "${" in pattern else ()


@dataclass(frozen=True, slots=True)
class SymbolicRequest:
    """All requests of `principal` for one of `actions` (of one service), on the resources that these actions know.

    `keys` has the state of each key that a policy uses; others are free and without effect. `resource` is the variable of
    the resource's ARN, which starts with `resource_start`; `facts` are true of every request that AWS could be asked.
    Where UNLISTED is one of `actions`, `unlisted` is the variable of its name in lower case; `written` has names as policies do.
    """

    principal: SymbolicPrincipal
    actions: tuple[str, ...]
    keys: Mapping[str, KeyState]
    facts: Formula
    resource: str = "resource"
    action: str = "action"
    resource_account: str = ""
    resource_start: str = ""
    unlisted: str = ""
    written: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        principal: SymbolicPrincipal,
        actions: Iterable[str],
        vocabulary: Vocabulary,
        fixed: Mapping[str, ContextValue | TextValue | None],
        *,
        resources: Formula = TRUE,
        resource_account: str = "",
        partition: str = "aws",
        name: str = "",
        sometimes: frozenset[str] = frozenset(),
        brings: PrincipalKind | None = None,
    ) -> SymbolicRequest:
        """Return the requests in which keys are `fixed` (None: absent) and all others free.

        Which keys are there at all is in `requests.keys`; keys of `sometimes` are never in all of the requests. `resources` narrows the
        resource. brings: the kind of caller whose keys the requests have, where it is another than the principal that policies name.
        Where two requests meet in one formula, `name` distinguishes the variables of one from the other's; the resource is the same.
        """
        given = {key.lower(): value for key, value in fixed.items()}
        keys: dict[str, KeyState] = {}
        facts: list[Formula] = [resources]
        meant = tuple(actions)
        action = f"{name}action"
        for key, lines in vocabulary.conditions.items():
            always, possible = _carriers(key, brings or principal.kind, meant)
            known = key in given
            value = given.pop(key) if known else TextValue(f"{name}{key}") if possible else None
            there = key not in sometimes and (known or always == frozenset(meant))
            state = keys[key] = _state(key, value, lines, name, always=there)
            if not isinstance(state, Absent | Fixed):
                facts.append(implication(present(state), _one_of(action, possible, meant) if not known else TRUE))
                if key not in sometimes:
                    facts.append(implication(_one_of(action, always, meant), present(state)))
            if isinstance(state, FreeList):
                facts.append(implication(present(state), Some(f"{name}{key}", (EVERYTHING,))))
            if isinstance(state, FreeText) and key.startswith(_TAGS):
                facts.append(negation(text_matches(state.text, _NOT_IN_TAGS)))
            if isinstance(state, FreeText) and key in _SESSION_NAMES:
                facts.append(implication(state.present, is_session_name(state.text)))
        for key, value in given.items():
            keys[key] = _state(key, value, (), name, always=key not in sometimes)
        unlisted, written = "", frozenset[str]()
        if UNLISTED in meant:
            unlisted, written = f"{action} name", vocabulary.actions
            facts.append(implication(_one_of(action, frozenset({UNLISTED}), meant), _unlisted_names(unlisted, meant, written, partition)))
        facts += _resource_facts(meant, action, partition)
        facts += _principal_facts(principal)
        start = _start("resource", resources)
        return cls(
            principal,
            meant,
            keys,
            conjunction(*facts),
            action=action,
            resource_account=resource_account,
            resource_start=start,
            unlisted=unlisted,
            written=written,
        )

    def key(self, name: str) -> KeyState:
        """Return the state of a key. Raises KeyError for a key that no policy uses, since the request was not prepared for it."""
        return self.keys[name.lower()]

    def is_on(self, glob: Glob) -> Formula:
        """True where the resource matches `glob`. False at once where it starts otherwise: most statements are of other resources."""
        start, common = glob.literal_prefix(), self.resource_start
        if start[: len(common)] != common[: len(start)]:
            return FALSE
        return text_matches(TextValue(self.resource), glob)

    def does(self, actions: Iterable[str]) -> Formula:
        """True where the action is one of `actions`."""
        return _one_of(self.action, frozenset(actions), self.actions)

    def does_any(self, patterns: tuple[str, ...]) -> Formula:
        """True where the action matches one of `patterns`, of Action or NotAction."""
        listed = _matching(patterns, self.actions)
        if not self.unlisted:
            return self.does(listed)
        globs = _open_patterns(patterns, self.actions)
        if EVERYTHING in globs:
            return self.does({*listed, UNLISTED})
        names = disjunction(*(Matches(self.unlisted, glob) for glob in globs))
        return disjunction(self.does(listed), conjunction(self.does({UNLISTED}), names))

    def is_usual(self) -> Formula:
        """True of requests that are as most are: a bucket's name as S3 takes it now, and no path of a role with punctuation in it."""
        bucket = disjunction(*(Matches(self.resource, glob) for glob in _usual_buckets(self.principal.partition)))
        usual = [implication(Matches(self.resource, Glob.parse(f"arn:{self.principal.partition}:s3:::*")), bucket)]
        if isinstance(self.principal.arn, TextValue):
            usual.append(negation(Matches(self.principal.arn.variable, Glob.of((STAR, Units(frozenset(":*?$ ")), STAR)))))
        return conjunction(*usual)

    def only(self, action: str) -> SymbolicRequest:
        """The same requests, for that action."""
        return replace(self, actions=(action,))

    @property
    def domains(self) -> dict[str, tuple[str, ...]]:
        """The values of each variable that has finitely many kinds of them."""
        domains = {state.variable: state.domain for state in self.keys.values() if isinstance(state, FreeValue)}
        return {self.action: self.actions, **domains}

    def concrete(self, witness: Witness) -> AuthorizationRequest:
        """The request that `witness` is, with the least that is needed: keys it says nothing of are not there."""
        texts = {variable: text for variable, text in witness.texts.items() if isinstance(text, str)}
        context: dict[str, ContextValue] = {}
        for key, state in self.keys.items():
            value = _value(state, witness)
            if value is not None:
                known = request_key(key)
                context[known.name if known is not None and known.name.lower() == key else key] = value
        action = self.actions[0] if len(self.actions) == 1 else witness.values.get(self.action, self.actions[0])
        if action == UNLISTED:
            name = texts.get(self.unlisted, "")
            action = next((pattern for pattern in sorted(self.written) if pattern.lower() == name), name)
        return AuthorizationRequest(self.principal.concrete(texts), action, texts.get(self.resource, "*"), context, self.resource_account)


@lru_cache
def _usual_buckets(partition: str) -> tuple[Glob, ...]:
    start = f"arn:{partition}:s3:::"
    name = (_IN_REGIONS, _IN_REGIONS, _IN_REGIONS, Repeat(_IN_REGIONS))
    return Glob.of((start, *name)), Glob.of((start, *name, "/", ANY, STAR))


def _start(variable: str, formula: Formula) -> str:
    """What the text of `variable` starts with wherever `formula` is true, as far as that is plain to see."""
    match formula:
        case Matches(name, glob) if name == variable:
            return glob.literal_prefix()
        case And(parts):
            return max((_start(variable, part) for part in parts), key=len)
        case Or(parts):
            starts = [_start(variable, part) for part in parts]
            return "".join(same[0] for same in takewhile(lambda letters: len(set(letters)) == 1, zip(*starts, strict=False)))
    return ""


def _one_of(action: str, wanted: frozenset[str], possible: tuple[str, ...]) -> Formula:
    meant = wanted.intersection(possible)
    return TRUE if len(meant) == len(possible) else Among(action, meant) if meant else FALSE


@lru_cache(maxsize=65536)
def _matching(patterns: tuple[str, ...], possible: tuple[str, ...]) -> frozenset[str]:
    globs = [Glob.parse(pattern.lower()) for pattern in patterns]
    return frozenset(action for action in possible if action != UNLISTED and any(glob.matches(action.lower()) for glob in globs))


@lru_cache(maxsize=65536)
def _open_patterns(patterns: tuple[str, ...], possible: tuple[str, ...]) -> tuple[Glob, ...]:
    """Return the patterns that match names beside the listed ones of the service; EVERYTHING for one that matches all of them."""
    service = f"{possible[0].partition(':')[0]}:"
    found = []
    for pattern in map(str.lower, patterns):
        if pattern in ("*", "*:*", f"{service}*"):
            return (EVERYTHING,)
        head = pattern.partition("*")[0].partition("?")[0]
        if (head.startswith(service) or service.startswith(head)) and pattern not in _LISTED:
            found.append(Glob.parse(pattern))
    return tuple(found)


def _unlisted_names(variable: str, actions: tuple[str, ...], patterns: Iterable[str], partition: str) -> Formula:
    """True of names of the service that are not listed, on resources of the service."""
    service = actions[0].partition(":")[0]
    named: list[Formula] = [Matches(variable, Glob.parse(f"{service}:?*")), Matches("resource", Glob.parse(f"arn:{partition}:{service}:*"))]
    if any("*" in pattern or "?" in pattern for glob in _open_patterns(tuple(sorted(patterns)), actions) if (pattern := str(glob)) != "*"):
        named += [negation(Matches(variable, Glob.literal(name))) for name in sorted(_LISTED) if name.startswith(f"{service}:")]
    return conjunction(*named)


_LISTED = frozenset(name.lower() for name in ACTIONS)


def present(state: KeyState) -> Formula:
    """True where the key is there."""
    match state:
        case Absent():
            return disjunction()
        case Fixed():
            return TRUE
        case FreeText(there) | FreeValue(there) | FreeList(there) | FreeTextOrList(there):
            return there


def text_matches(text: TextValue, glob: Glob) -> Formula:
    """True where `text` matches `glob`."""
    if glob == EVERYTHING:
        return TRUE
    if not text.prefix:
        return Matches(text.variable, glob)
    return disjunction(*(Matches(text.variable, rest) for rest in _after(glob, text.prefix)))


@lru_cache(maxsize=65536)
def _after(glob: Glob, prefix: str) -> tuple[Glob, ...]:
    return glob.after(prefix)


def contains(members: Iterable[str], state: FreeValue) -> Formula:
    """True where the key is there and is like one of `members` of its domain."""
    return conjunction(state.present, Among(state.variable, frozenset(members)))


def _state(key: str, value: ContextValue | TextValue | None, lines: tuple[Condition, ...], name: str, *, always: bool) -> KeyState:
    if value is None:
        return Absent()
    if not isinstance(value, TextValue):
        return Fixed(value)
    there = TRUE if always else Flag(f"{name}{key} is present")
    known = request_key(key)
    if (known is not None and known.multivalued) or key.endswith(":amr"):
        return FreeList(there, value.variable)
    kinds = kinds_of_value(key, lines) if not value.prefix else None
    return FreeText(there, value) if kinds is None else FreeValue(there, value.variable, kinds[1], kinds[0])


def _value(state: KeyState, witness: Witness) -> ContextValue | None:
    if isinstance(state, FreeTextOrList):
        if not witness.flags.get(state.several.name, False):
            return _value(FreeText(state.present, state.text), witness)
        elements = _value(FreeList(state.present, state.variable), witness)
        return elements if elements is None or len(elements) > 1 else (*elements, *elements)
    match state:
        case Absent():
            return None
        case Fixed(value):
            return value
        case FreeText(there, text) if _is_there(there, witness):
            written = witness.texts.get(text.variable, "")
            return text.prefix + written if isinstance(written, str) else None
        case FreeValue(there, variable, domain) if _is_there(there, witness):
            return witness.values.get(variable, domain[0])
        case FreeList(there, variable) if _is_there(there, witness):
            elements = witness.texts.get(variable, ())
            return elements if isinstance(elements, tuple) and elements else ("x",)
    return None


def _is_there(there: Formula, witness: Witness) -> bool:
    return witness.flags.get(there.name, False) if isinstance(there, Flag) else there == TRUE


@lru_cache(maxsize=65536)
def _carriers(key: str, kind: PrincipalKind, actions: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The actions all of whose requests carry the key, and those whose requests can carry it; the table is `requests.keys`."""
    service = actions[0].partition(":")[0]
    found = {action: presence_elsewhere(key, kind, service) if action == UNLISTED else presence(key, kind, action) for action in actions}
    always = frozenset(action for action, there in found.items() if there is Presence.ALWAYS)
    return always, frozenset(action for action, there in found.items() if there is not Presence.NEVER)


# Names of roles and users, of sessions and source identities; what tags do not have; an account's number; Regions
# [A: IAM and AWS STS API references].
_IN_NAMES = Units(frozenset(f"{ascii_letters}{digits}_+=,.@-"))
_NAME = (_IN_NAMES, Repeat(_IN_NAMES))
_NOT_IN_TAGS = Glob.of((STAR, Units(frozenset("*?${}[]()<>|\\\"'`!#%^&;,~")), STAR))
_NUMBER = (Units(frozenset(digits)),) * 12
_IN_REGIONS = Units(frozenset(f"{ascii_lowercase}{digits}-"))
_TAGS = ("aws:principaltag/", "aws:requesttag/")
_SESSION_NAMES = ("sts:rolesessionname", "sts:sourceidentity")


def is_session_name(text: TextValue) -> Formula:
    """True of texts that STS takes for a session's name or its source identity, but for their greatest length."""
    return text_matches(text, Glob.of((_IN_NAMES, *_NAME)))


def _principal_facts(principal: SymbolicPrincipal) -> Iterable[Formula]:
    """Yield what is true of the name that every principal has."""
    if isinstance(principal.arn, TextValue):
        name = TextValue(principal.arn.variable)
        if principal.kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.USER):
            with_path = text_matches(name, Glob.of((ANY, STAR, "/", *_NAME)))
            # A federated user has no path.
            yield disjunction(text_matches(name, Glob.of(_NAME)), FALSE if ":federated-user/" in principal.arn.prefix else with_path)
        else:
            yield text_matches(name, Glob.parse("?*"))
            yield negation(text_matches(name, Glob.parse("*/")))
    if principal.session is not None:
        yield is_session_name(TextValue(principal.session))


def _resource_facts(actions: tuple[str, ...], action: str, partition: str) -> Iterable[Formula]:
    """On which resources each kind of action is asked for."""
    kinds: dict[ResourceKind, set[str]] = {}
    for name in actions:
        if name in ACTIONS:
            kinds.setdefault(ACTIONS[name].resource, set()).add(name)
    for kind, names in kinds.items():
        shape = _SHAPES[kind](partition)
        yield implication(_one_of(action, frozenset(names), actions), shape)


def _object(partition: str) -> Formula:
    without_bucket = Matches("resource", Glob.parse(f"arn:{partition}:s3:::/*"))
    return conjunction(Matches("resource", Glob.parse(f"arn:{partition}:s3:::?*/?*")), negation(without_bucket))


def _bucket(partition: str) -> Formula:
    with_slash = Matches("resource", Glob.parse(f"arn:{partition}:s3:::*/*"))
    return conjunction(Matches("resource", Glob.parse(f"arn:{partition}:s3:::?*")), negation(with_slash))


def _key(partition: str) -> Formula:
    region = (_IN_REGIONS, Repeat(_IN_REGIONS))
    return Matches("resource", Glob.of((f"arn:{partition}:kms:", *region, ":", *_NUMBER, ":key/", ANY, STAR)))


def _role(partition: str) -> Formula:
    return Matches("resource", Glob.of((f"arn:{partition}:iam::", *_NUMBER, ":role/", ANY, STAR)))


_SHAPES: dict[ResourceKind, Callable[[str], Formula]] = {
    ResourceKind.NONE: lambda partition: Matches("resource", Glob.literal("*")),
    ResourceKind.BUCKET: _bucket,
    ResourceKind.OBJECT: _object,
    ResourceKind.KEY: _key,
    ResourceKind.ROLE: _role,
}
