"""Stands for the rig of another tool, whose log was imported: nothing can be asked here."""

from dataclasses import dataclass, field

from assay.vocabulary.errors import CannotMeasure, Fatal
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json


@dataclass(frozen=True)
class Log:
    """The bench of an imported run: it names the rig that asked, and cannot ask itself.

    Attributes:
        tool: the tool that observed.
        version: its version, as the log says.
        task: the name of its task, benchmark or test.
        settings: how it was set, as far as the log says.
        outputs: whether what the subject answered was imported, besides the scores.
    """

    tool: str = ""
    version: str = ""
    task: str = ""
    settings: dict[str, Json] = field(default_factory=dict)
    outputs: bool = True

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the log says that the subject was given."""
        return item.stimulus

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Refuse: what is not in the log cannot be had here."""
        raise Fatal(CannotMeasure("import.cannot_ask", tool=self.tool))
