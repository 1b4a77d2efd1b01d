"""pass^k, the probability that all of k attempts succeed."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.general.estimator._passes import Passes
from assay.uncertainty.score.passes import Kind


@dataclass(frozen=True)
class PassHatK(Passes):
    """pass^k, the probability that all of k attempts succeed; from the repeats of each item.

    The readings are 1 for a success and 0 for a failure. Each item's estimate is unbiased for any number of repeats
    from k on; more repeats than k make it sharper.

    Attributes:
        k: attempts that count.
    """

    k: Annotated[int, Meta(ge=1)]

    part: ClassVar[str] = "general.pass_hat_k"
    kind: ClassVar[Kind] = "all"
