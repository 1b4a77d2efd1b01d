"""How large models are, as their cards say: a small TOML or JSON file."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.catalogue.build import fill, read_toml
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.tradeoff import Size


def sizes(path: Path) -> list[Size]:
    """The sizes in a file: a table ``[[model]]`` for each.

    Raises:
        BadInput: unreadable, unknown keys, a size that is not above 0, or a model without one.
    """
    where = str(path)
    rows = _table(path).get("model")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInput("setting.missing", where=where, key="[[model]]",
                       expected="a table for each model, with subject, source and parameters or bytes")  # fmt: skip
    found = []
    for place, row in enumerate(rows, 1):
        label = f"{where}, [[model]] {place}"
        made: Size = fill(Size, row, label)
        if made.parameters is None and made.bytes is None:
            raise BadInput("setting.missing", where=label, key="parameters", expected="parameters, bytes, or both")
        for key in ("parameters", "bytes"):
            value, u = getattr(made, key), getattr(made, f"u_{key}")
            if value is not None and not value > 0:
                raise BadInput("number.above_zero", where=label, key=key, got=repr(value))
            if u < 0 or (value is not None and 3 * u >= value):
                raise BadInput("card.u", where=label, key=f"u_{key}", got=repr(u))
        if not made.subject:
            raise BadInput("setting.missing", where=label, key="subject", expected='settings such as {model = "small"}')
        found.append(made)
    return found


def _table(path: Path) -> dict[str, Json]:
    if path.suffix != ".json":
        return read_toml(path)
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("file.unreadable", path=str(path), reason=error) from error
    return found if isinstance(found, dict) else {}


def size_of(subject: dict[str, Json], known: Sequence[Size], path: str) -> Size:
    """The one size whose settings are all those of a subject.

    Raises:
        BadInput: none of them is, or several are.
    """
    fitting = [one for one in known if all(subject.get(key) == value for key, value in one.subject.items())]
    if len(fitting) != 1:
        raise BadInput("card.no_model" if not fitting else "card.several", path=path, model=str(subject.get("model")),
                       n=len(fitting))  # fmt: skip
    return fitting[0]


def per_unit(size: Size, of: str) -> tuple[float, float] | None:
    """Billions of parameters, or of bytes, with the standard uncertainty; None if the card does not say."""
    value, u = (size.parameters, size.u_parameters) if of == "parameters" else (size.bytes, size.u_bytes)
    return None if value is None else (value / 1e9, u / 1e9)
