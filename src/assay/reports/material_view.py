"""The certificate of a material on a terminal."""

from assay.reports.phrases import Phrases
from assay.reports.text import harmless, pad, width, wrap
from assay.vocabulary.material_certificate import MaterialCertificate


def terminal(made: MaterialCertificate, language: str, columns: int = 80) -> str:
    """What a certificate says, in lines of at most this many columns; no escape sequences.

    Args:
        made: the certificate; its texts are hostile until made harmless, and all of them are.
        language: ``en`` or ``zh``.
        columns: of the terminal.
    """
    phrases = Phrases(language)

    def say(code: str, **values: object) -> str:
        return phrases.words("materials", code, **values)

    lines = [
        say("title", name=made.material.name, n=made.material.n_items, level=say(f"level.{made.level}"),
            basis=say(f"basis.{made.basis}")),
        say("id", id=made.id, issued=made.issued), say("digest", digest=made.material.digest),
    ]  # fmt: skip
    for link in made.chain:
        lines.append(say("above", level=say(f"level.{link.level}"), name=link.name, certificate=link.certificate[:12]))
    text = [line for one in lines for line in wrap(harmless(one), columns)]
    rows = [(say(f"row.{name}"), said) for name, said in _rows(made, phrases)]
    widest = max(width(name) for name, _ in rows)
    text.append("")
    for name, said in rows:
        first, *rest = wrap(harmless(said), columns - widest - 4) or [""]
        text += [f"  {pad(name, widest)}  {first}", *(f"  {' ' * widest}  {line}" for line in rest)]
    for note in made.notes:
        text += [f"· {line}" for line in wrap(harmless(phrases.note(note)), columns - 2)]
    return "\n".join(text) + "\n"


def _rows(made: MaterialCertificate, phrases: Phrases) -> list[tuple[str, str]]:
    """What was examined, by name; what was not says so."""

    def say(code: str, **values: object) -> str:
        return phrases.words("materials", code, **values)

    rows = dict.fromkeys(("labels", "homogeneity", "stability"), say("not_examined"))
    if (labels := made.labels) is not None:
        low, high = labels.interval
        rows["labels"] = say("labels", wrong=labels.wrong, checked=labels.checked, low=f"{low:.4f}", high=f"{high:.4f}",
                             u=f"{labels.u:.2g}")  # fmt: skip
    if (alike := made.homogeneity) is not None:
        rows["homogeneity"] = say("homogeneity", shards=alike.shards, n=alike.n_items, measurand=alike.measurand,
                                  f=f"{alike.f:.3g}", p=f"{alike.p:.3g}", u=f"{alike.u_bb:.2g}",
                                  hidden=say("hidden") if alike.hidden else "")  # fmt: skip
    if (stable := made.stability) is not None:
        ends = "" if stable.interval is None else f"[{stable.interval[0]:.4f}, {stable.interval[1]:.4f}]"
        rows["stability"] = say("stability", n=stable.n_anchors, measurand=stable.measurand,
                                difference=f"{stable.difference:.4f}", interval=ends)  # fmt: skip
    if made.excluded:
        rows["exposure"] = say("exposure", n=made.excluded)
    return list(rows.items())
