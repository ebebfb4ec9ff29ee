"""A slow and obvious evaluator of policies: the rules of docs/explanation/semantics.md, each read straight off the page.

It shares the values of `policy.document` and `decide.policy_set` with the engine, and nothing else: no compiled patterns, no
index, no tables of operators. Tests compare the two on generated policies and requests.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address, ip_address, ip_network

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

Keys = dict[str, ContextValue]
Token = tuple[str, str]  # ("is", unit), ("any", "*"), ("one", "?")


class NoValueError(Exception):
    """A variable has no value."""


def units(text: str) -> Iterator[str]:
    raw = text.encode("utf-16-le", "surrogatepass")
    for index in range(0, len(raw), 2):
        yield raw[index : index + 2].decode("utf-16-le", "surrogatepass")


def tokens(pattern: str, context: Keys, *, variables: bool, wildcards: bool = True) -> list[Token]:
    found: list[Token] = []
    while pattern:
        variable = re.match(r"\$\{\s*([^},]*?)\s*,\s*'([^']*)'\s*\}|\$\{([^}]*)\}", pattern, re.DOTALL) if variables else None
        if variable is not None:
            text = variable_value(variable, context)
            found.extend(("is", unit) for unit in units(text))
            pattern = pattern[variable.end() :]
            continue
        character, pattern = pattern[0], pattern[1:]
        if wildcards and character in "*?":
            found.append(("any", "*") if character == "*" else ("one", "?"))
        else:
            found.extend(("is", unit) for unit in units(character))
    return found


def variable_value(variable: re.Match[str], context: Keys) -> str:
    if variable[3] is not None and variable[3] in ("*", "?", "$"):
        return variable[3]
    key, default = (variable[3].strip(), None) if variable[3] is not None else (variable[1], variable[2])
    value = context.get(key.lower())
    if isinstance(value, tuple):
        raise NoValueError
    if value is not None:
        return value
    if default is None:
        raise NoValueError
    return default


def matches(pattern: list[Token], text: str) -> bool:
    """All places that the pattern can have come to, unit by unit."""
    places = {0}
    for unit in (*units(text), None):
        places |= {
            place + count
            for place in places
            for count in range(1, len(pattern) - place + 1)
            if all(kind == "any" for kind, _ in pattern[place : place + count])
        }
        if unit is None:
            break
        here = [(place, pattern[place]) for place in places if place < len(pattern)]
        places = {place for place, (kind, _) in here if kind == "any"}
        places |= {place + 1 for place, (kind, wanted) in here if kind == "one" or (kind == "is" and wanted == unit)}
    return len(pattern) in places


def like(pattern: str, text: str, context: Keys, variables: bool) -> bool:
    try:
        return matches(tokens(pattern, context, variables=variables), text)
    except NoValueError:
        return False


def number(text: str) -> Decimal | None:
    if not re.fullmatch(r"[-+.0-9eE]+", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def milliseconds(text: str) -> int | None:
    seconds = number(text)
    if seconds is not None:
        return int(seconds * 1000)
    if not re.fullmatch(r"[0-9TZtz:.+-]+", text):
        return None
    if re.fullmatch(r"\d{4}-\d{2}", text):
        text += "-01"
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def in_network(text: str, network: str) -> bool:
    address = ip_address(spelled(text))
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    host, slash, size = network.partition("/")
    if (slash and not re.fullmatch(r"\+?\d+", size, re.ASCII)) or (":" in host and "." in host):
        return False
    try:
        wanted = ip_network(spelled(host) + (f"/{int(size)}" if slash else ""), strict=":" in network)
    except ValueError:
        return False
    return address.version == wanted.version and address in wanted


def spelled(text: str) -> str:
    """An address as the standard library spells it: no zeros before an octet, no colon too many."""
    if ":" in text:
        if "." in text and not re.fullmatch(r"[0:]*:ffff:[0-9.]+", text, re.IGNORECASE):
            raise ValueError("an IPv4 tail of an address that is not mapped")
        text = text.replace(":::", "::") if "::::" not in text else text
        text = re.sub(r"^:(?!:)", "0:", re.sub(r"(?<!:):$", "", text))
    return re.sub(r"(?<![0-9a-fA-F:])0+(?=\d+(\.|$))", "", text) if "." in text else text


def is_address(text: str) -> bool:
    try:
        ip_address(spelled(text))
    except ValueError:
        return False
    return "%" not in text


ORDER: dict[str, Callable[[int], bool]] = {
    "LessThan": lambda sign: sign < 0,
    "LessThanEquals": lambda sign: sign <= 0,
    "GreaterThan": lambda sign: sign > 0,
    "GreaterThanEquals": lambda sign: sign >= 0,
    "Equals": lambda sign: sign == 0,
    "NotEquals": lambda sign: sign == 0,
}


def one_value(name: str, value: str, wanted: tuple[str, ...], context: Keys, *, variables: bool, effect: Effect) -> bool:
    """Whether the plain operator `name` holds for one value of the request."""
    if name.startswith("String"):
        return ("Not" in name) is not any(string_meets(name, value, one, context, variables) for one in wanted)
    if name.startswith("Arn"):
        return arn_holds(name, value, wanted, context, variables=variables, effect=effect)
    if name.startswith(("Numeric", "Date")):
        read = number if name.startswith("Numeric") else milliseconds
        holds = ORDER[name.removeprefix("Numeric").removeprefix("Date")]
        got = read(value)
        met = any(got is not None and (other := read(one)) is not None and holds((got > other) - (got < other)) for one in wanted)
        return ("Not" in name) is not met
    if name == "Bool":
        return (value.lower() == "true") in [one.lower() == "true" for one in wanted]
    if name == "BinaryEquals":
        return any(decoded(value) is not None and decoded(value) == decoded(one) for one in wanted)
    assert name in ("IpAddress", "NotIpAddress")
    return is_address(value) and ("Not" in name) is not any(in_network(value, one) for one in wanted)


def decoded(text: str) -> bytes | None:
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return found if base64.b64encode(found).decode() == text else None


def string_meets(name: str, value: str, wanted: str, context: Keys, variables: bool) -> bool:
    if "Like" in name:
        return like(wanted, value, context, variables)
    try:
        text = [unit for _, unit in tokens(wanted, context, variables=variables, wildcards=False)]
    except NoValueError:
        return False
    if name.endswith("IgnoreCase"):
        return lower("".join(text).encode("utf-16", "surrogatepass").decode("utf-16")) == lower(value)
    return text == list(units(value))


def lower(text: str) -> str:
    """Lower case, but for what is beyond the Basic Multilingual Plane; what a sigma becomes depends on its neighbours."""
    mapped = text.lower()
    for character in text:
        if ord(character) > 0xFFFF:
            mapped = mapped.replace(character.lower(), character) if character.lower() not in text else mapped
    return mapped


def arn_holds(name: str, value: str, wanted: tuple[str, ...], context: Keys, *, variables: bool, effect: Effect) -> bool:
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return False
    for one in wanted:
        try:
            pattern = tokens(one, context, variables=variables)
        except NoValueError:
            continue
        components = split_tokens(pattern)
        if len(components) != 6 or components[0] not in ([("is", "a"), ("is", "r"), ("is", "n")], [("any", "*")]):
            return effect is Effect.DENY
        if all(matches(component, part) for component, part in zip(components, parts, strict=True)):
            return "Not" not in name
    return "Not" in name


def split_tokens(pattern: list[Token]) -> list[list[Token]]:
    components: list[list[Token]] = [[]]
    for token in pattern:
        if token == ("is", ":") and len(components) < 6:
            components.append([])
        else:
            components[-1].append(token)
    return components


def condition_holds(condition: Condition, context: Keys, *, variables: bool, effect: Effect) -> bool:
    quantifier, _, name = condition.operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    value = context.get(condition.key.lower())
    missing = value is None or value == ()
    if name == "Null":
        return missing in [one.lower() == "true" for one in condition.values]
    if quantifier == "ForAllValues":
        values = () if missing else (value,) if isinstance(value, str) else value or ()
        return all(one_value(name, one, condition.values, context, variables=variables, effect=effect) for one in values)
    if missing:
        return if_exists or (quantifier == "" and "Not" in name)
    if quantifier == "ForAnyValue":
        values = (value,) if isinstance(value, str) else value or ()
        return any(one_value(name, one, condition.values, context, variables=variables, effect=effect) for one in values)
    return isinstance(value, str) and one_value(name, value, condition.values, context, variables=variables, effect=effect)


def speaks_of(statement: Statement, document: PolicyDocument, request: AuthorizationRequest, context: Keys) -> bool:
    """Action, resource and conditions; the principal apart."""
    variables = document.version == "2012-10-17"
    action = request.action.lower()
    if statement.actions is not None and not any(like(one.lower(), action, {}, False) for one in statement.actions):
        return False
    if statement.not_actions is not None and any(like(one.lower(), action, {}, False) for one in statement.not_actions):
        return False
    if statement.resources is not None and not any(like(one, request.resource, context, variables) for one in statement.resources):
        return False
    if any(left_out(one, statement, request, context, variables) for one in statement.not_resources or ()):
        return False
    return all(condition_holds(one, context, variables=variables, effect=statement.effect) for one in statement.conditions)


def left_out(pattern: str, statement: Statement, request: AuthorizationRequest, context: Keys, variables: bool) -> bool:
    try:
        return matches(tokens(pattern, context, variables=variables), request.resource)
    except NoValueError:
        return statement.effect is Effect.ALLOW


def names_account(element: PrincipalElement, account: str) -> bool:
    return any(text == account or re.fullmatch(rf"arn:[^:]*:iam::{account}:root", text) for text in element.aws)


def forms(principal: Principal, element: PrincipalElement) -> list[bool]:
    """For each form of the principal, whether the element lists it."""
    names = () if principal.kind is PrincipalKind.ROOT else (principal.arn, principal.session_arn)
    listed = [text in (*element.aws, *element.federated, *element.service) for text in names if text]
    has_account = principal.kind in (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
    return [*listed, names_account(element, principal.account)] if has_account else listed


def grant(statement: Statement, principal: Principal) -> str:
    """`nobody`, `account`, `role` or `direct`: whom the statement's Principal or NotPrincipal means."""
    if statement.not_principal is not None:
        element = statement.not_principal
        listed = forms(principal, element)
        spared = all(listed) if statement.effect is Effect.DENY else any(listed)
        return "nobody" if element.everyone or "*" in element.aws or (listed and spared) else "direct"
    if statement.principal is None:
        return "direct" if statement.effect is Effect.DENY else "nobody"
    element = statement.principal
    if element.everyone:
        return "direct"
    if principal.kind is PrincipalKind.WEB_IDENTITY:
        return "direct" if principal.arn in element.federated else "nobody"
    if "*" in element.aws or (principal.kind is PrincipalKind.SERVICE and principal.arn in element.service):
        return "direct"
    if principal.kind is PrincipalKind.ANONYMOUS:
        return "nobody"
    if principal.session_arn and principal.session_arn in element.aws:
        return "direct"
    if principal.arn in element.aws:
        return "role" if principal.kind is PrincipalKind.ROLE_SESSION else "direct"
    if principal.account and names_account(element, principal.account):
        return "direct" if principal.kind is PrincipalKind.ROOT else "account"
    return "nobody"


def statements(policies: tuple[NamedPolicy, ...], request: AuthorizationRequest, context: Keys) -> list[Statement]:
    return [
        statement
        for policy in policies
        for statement in policy.document.statements
        if speaks_of(statement, policy.document, request, context)
    ]


def answer(request: AuthorizationRequest, layers: PolicySet) -> tuple[bool, bool]:
    """Whether the request is allowed, and whether a Deny applied."""
    context = {name.lower(): value for name, value in request.context.items()}
    principal = request.principal
    has_account = principal.kind in (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION)

    def speaking(policies: tuple[NamedPolicy, ...]) -> list[Statement]:
        return statements(policies, request, context)

    unnamed = [layers.identity, layers.boundary, layers.session, *layers.scps] if has_account else []
    named = [*layers.rcps, layers.endpoint, layers.resource]
    for policies in (*unnamed, *named):
        for statement in speaking(policies or ()):
            always = policies is layers.resource and has_account and layers.boundary is not None and statement.not_principal is not None
            if statement.effect is Effect.DENY and (
                any(policies is one for one in unnamed) or always or grant(statement, principal) != "nobody"
            ):
                return False, True

    def allows(policies: tuple[NamedPolicy, ...] | None) -> bool:
        return policies is None or any(statement.effect is Effect.ALLOW for statement in speaking(policies))

    def grants(policies: tuple[NamedPolicy, ...]) -> set[str]:
        return {grant(statement, principal) for statement in speaking(policies) if statement.effect is Effect.ALLOW}

    if not all(grants(level) - {"nobody"} for level in layers.rcps):
        return False, False
    if has_account and not all(allows(level) for level in layers.scps):
        return False, False
    if layers.endpoint is not None and not grants(layers.endpoint) - {"nobody", "account"}:
        return False, False
    by_resource = grants(layers.resource or ())
    if not has_account:
        return "direct" in by_resource, False
    limits = allows(layers.boundary) and allows(layers.session)
    by_identity = limits and (principal.kind is PrincipalKind.ROOT or allows(layers.identity))
    if request.resource_account and request.resource_account != principal.account:
        return by_identity and bool(by_resource - {"nobody"}), False
    if "direct" in by_resource or ("role" in by_resource and limits):
        return True, False
    must = request.action.lower().startswith("kms:") and ":key/" in request.resource
    must = must or (request.action.lower().startswith("sts:") and ":role/" in request.resource)
    return by_identity and (not must or "account" in by_resource), False
