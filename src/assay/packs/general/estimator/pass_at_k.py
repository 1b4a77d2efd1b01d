"""pass@k, the probability that at least one of k attempts succeeds."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.general.estimator._passes import Passes
from assay.uncertainty.score.passes import Kind


@dataclass(frozen=True)
class PassAtK(Passes):
    """pass@k, the probability that at least one of k attempts succeeds; from the repeats of each item.

    The readings are 1 for a success and 0 for a failure. Each item's estimate is unbiased for any number of repeats
    from k on; more repeats than k make it sharper.

    Attributes:
        k: attempts that count.
    """

    k: Annotated[int, Meta(ge=1)]

    part: ClassVar[str] = "general.pass_at_k"
    kind: ClassVar[Kind] = "any"
