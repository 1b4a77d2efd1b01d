"""Predict: a case, with the name of the retraining that is to judge it, goes to the subject."""

from dataclasses import dataclass

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json


@dataclass(frozen=True)
class Predict:
    """Puts a case to one of several trainings of the same subject.

    The stimulus is the item's own, a mapping with ``features``, and ``training``: the name of the variant.
    """

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the subject is given for this item in this variant.

        Raises:
            BadInput: the item holds no features.
        """
        if not isinstance(item.stimulus, dict) or "features" not in item.stimulus:
            raise BadInput("item.no_features", id=item.id)
        return {**item.stimulus, "training": variant.name}

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Carry out one trial: one case, one answer."""
        return await subject.respond(stimulus, trial.seed)
