"""The account of a material's check, for a terminal; every text from outside is made harmless."""

from typing import Final

from assay.reports.rounding import significant
from assay.reports.text import harmless, wrap
from assay.vocabulary.words import say
from assay.vocabulary.workshop import Cue, Finding, MaterialCheck, SuspectKey

_COLOURS: Final = {"mend": "\x1b[31m", "remark": "\x1b[33m"}
_PLAIN: Final = "\x1b[0m"


def terminal(made: MaterialCheck, language: str, width: int = 100, colour: bool = False) -> str:
    """The whole account: what there is, what was found, and what to do next."""
    lines = [*_head(made, language), ""]
    lines += _suspects(made, language)
    for finding in made.findings:
        lines += [*_finding(finding, language, width, colour), ""]
    if made.to_mend:
        lines.append(say("workshop", "to_mend", language, n=made.to_mend))
    else:
        lines.append(say("workshop", "sound", language, n=len(made.findings)))
    return "\n".join(lines)


def what(finding: Finding, language: str) -> str:
    """What a finding says."""
    values = dict(finding.values)
    if "rule" in values:
        values["rule"] = rule(str(values["rule"]), language)
    return harmless(say("workshop", f"finding.{finding.code}", language, n=finding.n, **values))


def next_step(finding: Finding, language: str) -> str:
    """What to do about a finding."""
    return harmless(say("workshop", f"next.{finding.code}", language, n=finding.n, **finding.values))


def rule(name: str, language: str) -> str:
    """A rule on options in words."""
    return say("workshop", f"rule.{name}", language)


def cue_line(cue: Cue, language: str) -> str:
    """A rule, how often it is right, and how often guessing is."""
    low, high = cue.interval or (cue.accuracy, cue.accuracy)
    return say("workshop", "cue", language, rule=rule(cue.rule, language), n=cue.items, accuracy=f"{cue.accuracy:.3f}",
               low=f"{low:.3f}", high=f"{high:.3f}", chance=f"{cue.chance:.3f}")  # fmt: skip


def suspect_line(one: SuspectKey, language: str) -> str:
    """An item with its discrimination and how surprising it is."""
    low, high = one.interval or (-1.0, one.correlation)
    return say("workshop", "suspect", language, place=harmless(one.place), item=harmless(one.item),
               r=f"{one.correlation:.2f}", low=f"{low:.2f}", high=f"{high:.2f}", right=one.right, n=one.subjects,
               p=significant(one.p, 2), q=significant(one.q, 2), holm=significant(one.p_holm, 2))  # fmt: skip


def _head(made: MaterialCheck, language: str) -> list[str]:
    if not made.digest:
        return [say("workshop", "head.generator", language, name=harmless(made.name))]
    lines = [say("workshop", "head", language, name=harmless(made.name), items=made.items, sha256=made.digest[:12])]
    counts = {"languages": made.languages, "forms": made.forms, "keys": made.keys}
    lines += [say("workshop", f"head.{code}", language, counts=", ".join(f"{name} {n}" for name, n in given.items()))
              for code, given in counts.items() if given]  # fmt: skip
    lines.append(say("workshop", "head.characters", language, most=made.characters[0], middle=made.characters[1]))
    return lines + [cue_line(cue, language) for cue in made.cues if cue.rule == "classifier"]


def _suspects(made: MaterialCheck, language: str) -> list[str]:
    if not made.suspects:
        return []
    head = say("workshop", "suspects", language, n=made.subjects)
    return [head, *[f"  {suspect_line(one, language)}" for one in made.suspects], ""]


def _finding(finding: Finding, language: str, width: int, colour: bool) -> list[str]:
    mark = say("workshop", f"severity.{finding.severity}", language)
    shown = f"{_COLOURS[finding.severity]}{mark}{_PLAIN}" if colour else mark
    first, *rest = wrap(f"{mark} {what(finding, language)}", width)
    lines = [first.replace(mark, shown, 1), *[f"  {line}" for line in rest]]
    lines += [f"    {harmless(place)}" for place in finding.places]
    if finding.n > len(finding.places) > 0 and finding.severity == "mend":
        lines.append(f"    … (+{finding.n - len(finding.places)})")
    return lines + [f"  {line}" for line in wrap(f"→ {next_step(finding, language)}", width - 2)]
