"""Whether the score of another tool that is to be read is among those that it has given."""

from itertools import islice

from assay.api.exchange.foreign import SCORED
from assay.api.work import Work
from assay.line.observe import askings
from assay.vocabulary.errors import near
from assay.vocabulary.imported import scored_in

_CHUNK = 500


def missing_score(work: Work) -> dict[str, str] | None:
    """A score that is to be read and that no answer of the run has, though they have others.

    Returns:
        The score and the names like it, for a message; None if every score is there, or no answer has any.
    """
    for channel in work.recipe.procedure.channels:
        if channel.instrument.part == SCORED:
            score = str(channel.instrument.settings.get("score", ""))
            names = _names(work, score)
            if names and score not in names:
                return {"score": score, "near": near(score, sorted(names))}
    return None


def _names(work: Work, wanted: str) -> set[str]:
    """Names of the scores that the answers have, as far as it takes to meet the one that is wanted."""
    found: set[str] = set()
    planned = askings(work.manifest.planned, work.material, work.recipe.bench)
    while wanted not in found and (chunk := list(islice(planned, _CHUNK))):
        for response in work.store.responses([asking.key for asking in chunk]):
            scored = None if response is None else scored_in(response.note)
            if scored is not None:
                found |= set(scored.scores) | (set(scored.unscored) - {""})
    return found
