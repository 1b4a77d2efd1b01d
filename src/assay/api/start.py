"""Something to start from."""

from pathlib import Path

from assay.store.laboratory import writing
from assay.vocabulary.errors import BadInput

_FILES = Path(__file__).with_name("start_files")


def init(folder: str | Path = ".", language: str = "en") -> list[Path]:
    """Write a commented measurement file and a few items.

    Args:
        folder: where; made if it is not there.
        language: of the comments and the items.
    Returns:
        The measurement file and the item file.
    Raises:
        BadInput: one of them exists already; nothing was written.
    """
    place = Path(folder)
    paths = [place / "measurement.toml", place / "items.jsonl"]
    for path in paths:
        if path.exists():
            raise BadInput("file.exists", path=str(path))
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_bytes((_FILES / f"{path.stem}.{language}{path.suffix}").read_bytes())
    return paths
