"""What a driver has to say about its tool."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "OPENAI_API_KEY": "none",
    "NO_PROXY": "127.0.0.1",
}


@dataclass(frozen=True)
class Job:
    """One run of a tool.

    Attributes:
        folder: an empty folder; the tool runs in it and leaves everything there.
        items: the material; can be gone through once.
        base_url: the endpoint, with ``/v1``.
        connections: requests under way at once.
        env: the folder that the tool was installed in.
    """

    folder: Path
    items: Iterator[dict]
    base_url: str
    connections: int
    env: Path


@dataclass(frozen=True)
class Tool:
    """A tool and how it is driven.

    Attributes:
        name: as printed.
        prepare: writes the inputs into the job's folder and returns the command.
        outcome: number of items and score that the tool itself reports, from the job's folder.
        answer: the server's reply, in the words that the tool's own reader of choices expects.
        pip: what pip installs into an environment of its own; empty for a tool of this project.
        npm: the same for npm.
        environ: environment variables of its own; ``{env}`` stands for the folder it was installed in.
    """

    name: str
    prepare: Callable[[Job], list[str]]
    outcome: Callable[[Path], tuple[int, float]]
    answer: str = "B"
    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def is_peer(self) -> bool:
        return bool(self.pip or self.npm)

    def variables(self, env: Path) -> dict[str, str]:
        """The environment of its processes; a peer's home is a folder of its own, so that nothing else leaks in."""
        found = {**os.environ, **OFFLINE, **{name: text.format(env=env) for name, text in self.environ.items()}}
        if self.is_peer:
            found["HOME"] = str(env / "home")
        return found
