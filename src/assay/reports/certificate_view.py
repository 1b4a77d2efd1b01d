"""The certificate of a judge on a terminal."""

from assay.reports.phrases import Phrases
from assay.reports.text import harmless, pad, width, wrap
from assay.vocabulary.certificate import JudgeCertificate, Rate

_RATES = (
    "sensitivity", "specificity", "difference", "repeatability", "position", "length", "self_preference",
    "susceptibility", "flipped", "flipped_right", "disturbed",
)  # fmt: skip

_KINDS = ("order", "authority", "forged")
_OF_PAIRS = ("sensitivity", "specificity", "difference", "position")


def terminal(made: JudgeCertificate, language: str, columns: int = 80) -> str:
    """What a certificate says, in lines of at most this many columns; no escape sequences.

    Args:
        made: the certificate; its texts are hostile until made harmless, and all of them are.
        language: ``en`` or ``zh``.
        columns: of the terminal.
    """
    phrases = Phrases(language)

    def say(code: str, **values: object) -> str:
        return phrases.words("certificate", code, **values)

    def named(rate: str) -> str:
        pairs = made.kind == "choice" and rate in _OF_PAIRS
        return say(f"{rate}.choice" if pairs else rate)

    judges = ", ".join(str(one.get("model") or one.get("name") or one.get("part") or "?") for one in made.identities)
    lines = [say("title", judges=judges), say("id", id=made.id, issued=made.issued, expires=made.expires)]
    lines.append(say("scope", rubric=made.scope.rubric_name, language=made.scope.language,
                     low=f"{made.prevalence[0]:g}", high=f"{made.prevalence[1]:g}"))  # fmt: skip
    agreed = "–" if made.agreement is None else f"{made.agreement:.3f}"
    lines.append(say("cases", n=made.material.n_items, name=made.material.name, raters=made.raters, agreement=agreed))
    if made.failed:
        lines.append(say("failed", n=made.failed))
    if (errors := made.label_errors) is not None:
        lines.append(say("label_errors", e0=f"{errors.e0:.3f}", u0=f"{errors.u0:.2g}", e1=f"{errors.e1:.3f}",
                         u1=f"{errors.u1:.2g}"))  # fmt: skip
    text = [line for one in lines for line in wrap(harmless(one), columns)]
    rows = [(named(name), rate) for name in _RATES if (rate := getattr(made, name)) is not None]
    for injection in made.injections:
        if injection.flipped is not None:
            kind = say(f"injection.{injection.kind}") if injection.kind in _KINDS else injection.kind
            rows.append((say("injection", kind=kind, words=injection.words), injection.flipped))
    for one in made.strata:
        for name in ("sensitivity", "specificity", "difference"):
            rate = getattr(one, name)
            if rate is not None and (name != "difference" or made.kind == "score"):
                rows.append((f"{named(name)} ({say(one.by)} {one.name})", rate))
    text += ["", *_table([(harmless(label), rate) for label, rate in rows])]
    if made.notes:
        text.append("")
        for note in made.notes:
            first, *rest = wrap(harmless(phrases.note(note)), columns - 2)
            text += [f"· {first}", *(f"  {line}" for line in rest)]
    return "\n".join(text) + "\n"


def _table(rows: list[tuple[str, Rate]]) -> list[str]:
    widest = max((width(label) for label, _ in rows), default=0)
    return [f"  {pad(label, widest)}  {_number(rate)}" for label, rate in rows]


def _number(rate: Rate) -> str:
    between = f"  [{rate.interval[0]:.3f}, {rate.interval[1]:.3f}]" if rate.interval else ""
    return f"{rate.value:6.3f}{between}  n = {rate.n}"
