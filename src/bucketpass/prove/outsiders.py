"""Tokens that workload owners outside a trust policy can get: the issuer preset's knowledge of subjects, as formulas.

An issuer that serves many writes the owner of a workload into its subjects: `repo:OWNER/NAME:...`. Everybody can be an owner, and
everybody chooses what stands behind it; so a trust policy excludes other owners only where it names one owner whole, up to
the character that ends it. `repo:acme*` does not: anybody may register `acme-labs`.

Sources: the presets' subject formats; GitHub Docs, "OpenID Connect reference" and GitLab Docs, "OpenID Connect in AWS" [A] for the
claims that a workload's owner sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.web_identity import provider_of
from bucketpass.issuers import PRESETS, Preset
from bucketpass.issuers.url import fits_form
from bucketpass.policy import PolicyDocument
from bucketpass.prove.keys import FreeText, FreeTextOrList, TextValue, text_matches
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, Formula, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import ANY, NOT_COLON, STAR, Glob, Repeat, Units

__all__ = ["NEVER_NAMED", "of_outsiders", "who_makes"]

# A text that stands in no policy, in place of all such texts.
NEVER_NAMED = "bucketpass-never-named"
_AUDIENCES = ("aud", "oaud")


@dataclass(frozen=True, slots=True)
class _Owned:
    """A claim whose text begins with `start`, then has the owner up to `end`, then anything."""

    start: str
    end: str


# Of presets whose subjects begin with an owner: what ends the owner where it is not the next character of the format, and who it is.
_ENDS = {"github": "/", "gitlab": "/"}
_WHO = {
    "github": "anybody with a repository on that server",
    "gitlab": "anybody with a project on that server",
    "kubernetes": "whoever may run a pod in any namespace of the cluster",
    "eks": "whoever may run a pod in any namespace of the cluster",
    "aks": "whoever may run a pod in any namespace of the cluster",
    "gke": "whoever may run a pod in any namespace of the cluster",
    "terraform": "any organization of the server",
    "buildkite": "any organization of Buildkite",
    "vercel": "any team of Vercel",
    "modal": "any workspace of Modal",
    "baseten": "any organization of Baseten",
}
# Further claims that begin with the owner.
_OWNED_CLAIMS = {"github": {"repository": _Owned("", "/"), "job_workflow_ref": _Owned("", "/")}}
# Claims that a workload's owner chooses freely.
_CHOSEN_CLAIMS = {
    "github": frozenset({"environment", "ref", "workflow"}),
    "gitlab": frozenset({"pipeline_source", "ref_protected", "runner_environment", "user_access_level"}),
    "buildkite": frozenset({"build_branch"}),
}


def of_outsiders(
    provider: TrustedProvider, request: SymbolicRequest, trusts: Iterable[PolicyDocument], *, of_audiences: bool = False
) -> Formula:
    """True of the tokens of `provider` that a workload owner can get without being named in any of `trusts`.

    of_audiences: instead, the tokens of named owners for an audience that no trust names.
    """
    path = provider_of(provider.url).lower()
    documents = tuple(trusts)
    known = _preset_of(provider, documents)
    parts: list[Formula] = []
    for key, state in request.keys.items():
        claim = key.removeprefix(f"{path}:")
        if not key.startswith(f"{path}:") or not isinstance(state, FreeText | FreeTextOrList) or (claim in _AUDIENCES) is not of_audiences:
            continue
        there = state.present if isinstance(state, FreeText) else disjunction(state.present, state.several)
        alone = FALSE if isinstance(state, FreeText) else state.several
        parts.append(implication(there, conjunction(negation(alone), _chosen(key, claim, state.text, known, documents))))
    return conjunction(*parts)


def _chosen(key: str, claim: str, text: TextValue, known: Preset | None, trusts: tuple[PolicyDocument, ...]) -> Formula:
    """True of texts of the claim that an outsider can have."""
    if known is not None and claim in _CHOSEN_CLAIMS.get(known.name, ()):
        return conjunction()
    forms = [] if known is None else _forms(known) if claim == "sub" else [*filter(None, [_OWNED_CLAIMS.get(known.name, {}).get(claim)])]
    named = text_matches(text, Glob.literal(NEVER_NAMED))
    owned = []
    for form in forms:
        not_end = Units(frozenset(form.end), negated=True)
        rest = (NOT_COLON, Repeat(NOT_COLON), ":", ANY, STAR) if form.end == "/" and form.start else (ANY, STAR)
        fits = text_matches(text, Glob.of((form.start, not_end, Repeat(not_end), form.end, *rest)))
        owners = (text_matches(text, Glob.of((form.start, owner, form.end, STAR))) for owner in sorted(_owners(key, form, trusts)))
        owned.append(conjunction(fits, *map(negation, owners)))
    return disjunction(*owned) if owned else named


def _forms(known: Preset) -> list[_Owned]:
    """The subject formats that begin with an owner: of `repo:{repository}:...` all up to the first slash."""
    found: dict[_Owned, None] = {}
    for template in (template for form in known.subjects for template in form.templates):
        start, opened, rest = template.partition("{")
        after = rest.partition("}")[2]
        end = _ENDS.get(known.name, after[:1])
        if start and opened and end:
            found[_Owned(start, end)] = None
    return list(found)


def _owners(key: str, form: _Owned, trusts: Iterable[PolicyDocument]) -> Iterator[str]:
    """The owners that stand whole in a condition on the key."""
    for document in trusts:
        for line in (line for statement in document.statements for line in statement.conditions if line.key.lower() == key):
            for value in line.values:
                owner, end, _ = value.removeprefix(form.start).partition(form.end)
                if value.startswith(form.start) and end and owner and not set(owner) & set("*?$"):
                    yield owner


def _preset_of(provider: TrustedProvider, trusts: Iterable[PolicyDocument]) -> Preset | None:
    """Return the preset of the provider: by its URL, else (many servers have an URL of their own) by the subjects that trusts name."""
    known = [preset for preset in PRESETS.values() if preset.name in _WHO]
    by_url = next((preset for preset in known if _fits(preset, provider.url)), None)
    if by_url is not None:
        return by_url
    key = f"{provider_of(provider.url)}:sub".lower()
    lines = (line for document in trusts for statement in document.statements for line in statement.conditions if line.key.lower() == key)
    subjects = tuple(value for line in lines for value in line.values)
    return next(
        (preset for preset in known if any(subject.startswith(form.start) for form in _forms(preset) for subject in subjects)), None
    )


def _fits(preset: Preset, url: str) -> bool:
    # A form that is nothing but a host fits everybody.
    forms = tuple(form for form in preset.urls if form != "https://{host}")
    return bool(forms) and fits_form(forms, url)


def who_makes(provider: TrustedProvider, trusts: Iterable[PolicyDocument]) -> str:
    """Return who can get a token of the provider, in words; empty where that is not known."""
    known = _preset_of(provider, tuple(trusts))
    return "" if known is None else _WHO[known.name]
