"""Runs that may end early: watched while they are observed, and replayed from what is in the store."""

from collections.abc import Callable, Mapping

import msgspec

from assay.api.judging.judges import consulted
from assay.api.measurement import Recipe, watched
from assay.line.adapt import Choose
from assay.line.observe import Price, State
from assay.line.plan import Planned, Taken
from assay.line.stop import Source, Watch, replay
from assay.store.sqlite import SqliteStore
from assay.vocabulary.material import Material


def watch(
    planned: Planned,
    material: Material,
    recipe: Recipe,
    desk: tuple[SqliteStore, Price | None, Mapping[str, Price]],
    progress: Callable[[State], None],
) -> Watch | Choose | None:
    """What looks at a run after each batch; None for a run that observes every item, or whose end is known already.

    Args:
        planned: the run.
        material: its items.
        recipe: how it is read.
        desk: the store, the price of tokens, and the prices of judges that have their own.
        progress: told of judges that are asked.
    """
    if not planned.procedure.plan.may_end_early or planned.taken is not None:
        return None

    async def consult(part: Planned) -> None:
        await consulted(part, material, recipe, desk, progress)

    return _looks(planned, material, recipe, Source(recipe.bench, desk[0], consult))


async def ended(planned: Planned, material: Material, recipe: Recipe, store: SqliteStore) -> Taken | None:
    """Where the rule ends a finished run, by the responses in the store; nothing is asked."""

    async def consult(part: Planned) -> None:
        """The answers of the judges are in the store, or reading says that one is not."""

    whole = msgspec.structs.replace(planned, taken=None)
    return await replay(_looks(whole, material, recipe, Source(recipe.bench, store, consult)))


def _looks(planned: Planned, material: Material, recipe: Recipe, source: Source) -> Watch | Choose:
    """What chooses the items of an adaptive run, or sees to the end of one that takes them as they come."""
    kind = Watch if planned.procedure.plan.adaptive is None else Choose
    return kind(planned, material, source, watched(recipe))
