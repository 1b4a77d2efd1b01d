"""Merkle trees against the published vectors, and against the recursive definition of the RFC."""

from hashlib import sha256

import pytest

from assay.vocabulary.merkle import Tree, leaf_hash, proves

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [  # RFC 6962 reference implementation (certificate-transparency, merkle_tree_test.cc); same hashing as RFC 9162
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(one)) for one in INPUTS]


@pytest.mark.parametrize("n", range(9))
def test_published_roots(n: int) -> None:
    assert Tree(LEAVES[:n]).root.hex() == ROOTS[n]


def recursive(leaves: list[bytes]) -> bytes:
    """RFC 9162 2.1.1 as it is written: split at the largest power of two below the number of leaves."""
    if len(leaves) < 2:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + recursive(leaves[:k]) + recursive(leaves[k:])).digest()


def path_of(place: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 2.1.3.1 as it is written."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if place < k:
        return [*path_of(place, leaves[:k]), recursive(leaves[k:])]
    return [*path_of(place - k, leaves[k:]), recursive(leaves[:k])]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 8, 13, 33, 100])
def test_roots_and_proofs_are_those_of_the_definition(n: int) -> None:
    leaves = [leaf_hash(bytes([k])) for k in range(n)]
    tree = Tree(leaves)
    assert tree.root == recursive(leaves)
    for place, leaf in enumerate(leaves):
        proof = tree.proof(place)
        assert proof == path_of(place, leaves)
        assert proves(leaf, (place, n), proof, tree.root)


def test_nothing_else_is_proved() -> None:
    leaves = [leaf_hash(bytes([k])) for k in range(13)]
    tree = Tree(leaves)
    for place, leaf in enumerate(leaves):
        proof = tree.proof(place)
        for other in range(13):
            assert proves(leaf, (other, 13), proof, tree.root) == (other == place)
        assert not proves(leaf, (place, 13), proof[:-1], tree.root)
        assert not proves(leaf, (place, 13), [*proof, tree.root], tree.root)
        assert not proves(leaf_hash(b"?"), (place, 13), proof, tree.root)
    assert not proves(leaves[0], (13, 13), [], tree.root) and not proves(leaves[0], (-1, 13), [], tree.root)
    inner = sha256(b"\x01" + leaves[0] + leaves[1]).digest()  # a node passed off as a leaf
    assert not proves(leaf_hash(leaves[0] + leaves[1]), (0, 7), tree.proof(0)[1:], tree.root)
    assert inner != leaf_hash(leaves[0] + leaves[1])
