"""A subject that answers at once, and a folder with a laboratory."""

from pathlib import Path
from typing import Any

import pytest

from assay.api.campaign.campaign import Asked, Issued, campaign

SUBJECT = '''
import hashlib
from pathlib import Path

CALLS = Path(__file__).with_name("calls")
STOP = Path(__file__).with_name("stop")


def answer(stimulus, seed):
    text = stimulus if isinstance(stimulus, str) else str(stimulus)
    with CALLS.open("a") as file:
        file.write("x")
    if STOP.exists() and CALLS.stat().st_size > int(STOP.read_text()):
        raise KeyboardInterrupt
    draw = hashlib.sha256(f"{text}{seed}".encode()).digest()[0]
    return "ABCD"[draw % 4] if "\\nB" in text else "[]" if "JSON" in text else str(draw)
'''


class Scene:
    """A folder with a subject whose calls are counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = folder / "lab"
        (folder / "campaign_subject.py").write_text(SUBJECT)
        (folder / "subject.toml").write_text(
            'laboratory = "Testing"\n[subject]\npart = "general.callable"\nfunction = "campaign_subject:answer"\n'
        )

    @property
    def calls(self) -> int:
        """How often the subject was asked."""
        path = self.folder / "calls"
        return path.stat().st_size if path.exists() else 0

    def asked(self, **changes: Any) -> Asked:
        """A small campaign in one language."""
        settings = {"standard": "itu-t-f748-44", "subject": ("subject.toml",), "requests": 600, "languages": ("en",)}
        return Asked(**{**settings, **changes})

    def campaign(self, **changes: Any) -> Issued:
        """Carry it out."""
        return campaign(self.asked(**changes), self.lab)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import sys

    monkeypatch.delitem(sys.modules, "campaign_subject", raising=False)
    return Scene(tmp_path)
