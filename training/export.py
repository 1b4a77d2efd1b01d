"""Make checkpoints of the states that ``train.py`` wrote: ``python training/export.py FOLDER rm-0=2700 rm-1=4700 …``.

Each weight becomes a whole number from -127 to 127 times a number of its output; nothing is trained again.
"""

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from corpus import loaded_vocabulary

from assay.testing.learned import checkpoint
from assay.testing.learned.arithmetic import WEIGHT

CONTEXT: Final = 4_096
PLACES: Final = 32
"""Places of a head."""


def exported(folder: Path, name: str, step: int) -> bytes:
    """The state after a step as the bytes of a checkpoint."""
    state = np.load(folder / f"step-{step}.npz")
    weight, worth = {}, {}
    for key in state.files:
        size = np.abs(state[key]).max(axis=1)
        worth[key] = (np.where(size > 0, size, 1) / WEIGHT).astype(np.float32)
        weight[key] = np.clip(np.rint(state[key] / worth[key][:, None]), -WEIGHT, WEIGHT).astype(np.int8)
    width = weight["head"].shape[1]
    shape = checkpoint.Shape(width=width, heads=width // PLACES, layers=sum(key.endswith("qkv") for key in weight),
                             hidden=weight["layers.0.up"].shape[0], base=10_000.0, context=CONTEXT)  # fmt: skip
    made = checkpoint.Checkpoint(name, step, shape, loaded_vocabulary(folder), weight, worth, "")
    return checkpoint.packed(made)


def main() -> None:
    """Write the checkpoints and the list of their digests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="+", help="name=step")
    parser.add_argument("--to", type=Path, default=Path(checkpoint.__file__).parent / "weights")
    args = parser.parse_args()
    args.to.mkdir(exist_ok=True)
    digests = {}
    for given in args.models:
        name, _, step = given.partition("=")
        data = exported(args.folder, name, int(step))
        (args.to / f"{name}.safetensors").write_bytes(data)
        digests[name] = sha256(data).hexdigest()
    (args.to / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
