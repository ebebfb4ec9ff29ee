"""A request that is not known yet: which parts are fixed, which are free, and what is true of all requests of its kind.

`SymbolicRequest` stands for many requests at once. The other files of this room turn policies into formulas over its variables;
`concrete` makes an ordinary `decide.Request` of a witness for such a formula, so that the engine can be asked about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from bucketpass.decide import AuthorizationRequest, ContextValue, PrincipalKind
from bucketpass.prove.actions import UNLISTED, matching, one_of, open_patterns, unlisted_names
from bucketpass.prove.facts import header_facts, principal_facts, resource_facts, usual_resources, value_facts, with_needed_headers
from bucketpass.prove.keys import (
    Absent,
    Fixed,
    FreeList,
    FreeText,
    FreeTextOrList,
    FreeValue,
    KeyState,
    TextValue,
    contains,
    present,
    state_of,
    text_matches,
    value_of,
)
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    And,
    Constant,
    Formula,
    Matches,
    Or,
    Some,
    conjunction,
    disjunction,
    implication,
    negation,
)
from bucketpass.prove.theory.glob import EVERYTHING, STAR, Glob, Units
from bucketpass.prove.theory.solver import Witness
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.requests.context import presence, presence_elsewhere, request_key
from bucketpass.requests.key import Presence

__all__ = ["SymbolicRequest"]


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
        for key, lines in with_needed_headers(vocabulary.conditions, meant).items():
            always, possible = _carriers(key, brings or principal.kind, meant)
            known = key in given
            value = given.pop(key) if known else TextValue(f"{name}{key}") if possible else None
            there = key not in sometimes and (known or always == frozenset(meant))
            state = keys[key] = state_of(key, value, lines, name, always=there)
            if not isinstance(state, Absent | Fixed):
                facts.append(implication(present(state), one_of(action, possible, meant) if not known else TRUE))
                if key not in sometimes:
                    facts.append(implication(one_of(action, always, meant), present(state)))
            if isinstance(state, FreeList):
                facts.append(implication(present(state), Some(f"{name}{key}", (EVERYTHING,))))
            facts += value_facts(key, state)
        for key, value in given.items():
            keys[key] = state_of(key, value, (), name, always=key not in sometimes)
        facts += header_facts(keys, meant, action)
        unlisted, written = "", frozenset[str]()
        if UNLISTED in meant:
            unlisted, written = f"{action} name", vocabulary.actions
            facts.append(implication(one_of(action, frozenset({UNLISTED}), meant), unlisted_names(unlisted, meant, written, partition)))
        facts += resource_facts(meant, action, partition)
        facts += principal_facts(principal)
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

    def has(self, key: str, *globs: Glob) -> Formula:
        """True where the key is there and is a text that matches one of `globs`."""
        match self.key(key):
            case Fixed(str() as value):
                return Constant(any(glob.matches(value) for glob in globs))
            case FreeText(there, text):
                return conjunction(there, disjunction(*(text_matches(text, glob) for glob in globs)))
            case FreeTextOrList(there, several, text):
                return conjunction(there, negation(several), disjunction(*(text_matches(text, glob) for glob in globs)))
            case FreeValue(_, _, domain) as state:
                return contains((value for value in domain if any(glob.matches(value) for glob in globs)), state)
        return FALSE

    def passes(self, key: str, test: Callable[[str], bool]) -> Formula:
        """True where the key is there and its value passes the test."""
        match self.key(key):
            case Fixed(str() as value):
                return Constant(test(value))
            case FreeValue(_, _, domain) as state:
                return contains(filter(test, domain), state)
        return FALSE

    def is_on(self, glob: Glob) -> Formula:
        """True where the resource matches `glob`. False at once where it starts otherwise: most statements are of other resources."""
        start, common = glob.literal_prefix(), self.resource_start
        if start[: len(common)] != common[: len(start)]:
            return FALSE
        return text_matches(TextValue(self.resource), glob)

    def does(self, actions: Iterable[str]) -> Formula:
        """True where the action is one of `actions`."""
        return one_of(self.action, frozenset(actions), self.actions)

    def does_any(self, patterns: tuple[str, ...]) -> Formula:
        """True where the action matches one of `patterns`, of Action or NotAction."""
        listed = matching(patterns, self.actions)
        if not self.unlisted:
            return self.does(listed)
        globs = open_patterns(patterns, self.actions)
        if EVERYTHING in globs:
            return self.does({*listed, UNLISTED})
        names = disjunction(*(Matches(self.unlisted, glob) for glob in globs))
        return disjunction(self.does(listed), conjunction(self.does({UNLISTED}), names))

    def is_usual(self) -> Formula:
        """True of requests that are as most are: a bucket's name as S3 takes it now, and no path of a role with punctuation in it."""
        usual = [usual_resources(self.principal.partition)]
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
            value = value_of(state, witness)
            if value is not None:
                known = request_key(key)
                context[known.name if known is not None and known.name.lower() == key else key] = value
        action = self.actions[0] if len(self.actions) == 1 else witness.values.get(self.action, self.actions[0])
        if action == UNLISTED:
            name = texts.get(self.unlisted, "")
            action = next((pattern for pattern in sorted(self.written) if pattern.lower() == name), name)
        return AuthorizationRequest(self.principal.concrete(texts), action, texts.get(self.resource, "*"), context, self.resource_account)


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


@lru_cache(maxsize=65536)
def _carriers(key: str, kind: PrincipalKind, actions: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The actions all of whose requests carry the key, and those whose requests can carry it; the table is `requests.keys`."""
    service = actions[0].partition(":")[0]
    found = {action: presence_elsewhere(key, kind, service) if action == UNLISTED else presence(key, kind, action) for action in actions}
    always = frozenset(action for action, there in found.items() if there is Presence.ALWAYS)
    return always, frozenset(action for action, there in found.items() if there is not Presence.NEVER)
