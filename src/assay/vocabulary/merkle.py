"""Merkle trees: one root that commits to many leaves, and proofs that a leaf stands under it.

Source: RFC 9162, section 2.1 (as RFC 6962): SHA-256; leaves and nodes are hashed under different prefixes, so that no
node can be passed off as a leaf.
"""

from collections.abc import Sequence
from hashlib import sha256

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf, 32 bytes."""
    return sha256(_LEAF + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


class Tree:
    """A tree over leaf hashes; a last leaf without a neighbour rises as it is.

    Args:
        leaves: hashes of the leaves, 32 bytes each, in order.

    >>> Tree([]).root.hex()[:16]
    'e3b0c44298fc1c14'
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            pairs = [_node(level[k], level[k + 1]) for k in range(0, len(level) - 1, 2)]
            self._levels.append(pairs + level[len(pairs) * 2 :])

    @property
    def root(self) -> bytes:
        """The root, 32 bytes; that of no leaves is the hash of nothing."""
        return self._levels[-1][0] if self._levels[0] else sha256(b"").digest()

    def proof(self, place: int) -> list[bytes]:
        """The hashes that lead from the leaf at this place, counted from 0, to the root."""
        path = []
        for level in self._levels[:-1]:
            if place ^ 1 < len(level):
                path.append(level[place ^ 1])
            place >>= 1
        return path


def proves(leaf: bytes, where: tuple[int, int], path: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a leaf stands under a root.

    Args:
        leaf: hash of the leaf.
        where: its place, counted from 0, and the number of leaves.
        path: the proof.
        root: the root.
    Source: RFC 9162, section 2.1.3.2.
    """
    place, size = where
    if not 0 <= place < size:
        return False
    found, last = leaf, size - 1
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(step, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root
