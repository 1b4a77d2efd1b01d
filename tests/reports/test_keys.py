"""Keys: made once, never replaced, never readable by others; trust is given by hand."""

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.reports.keys import SigningKey, read_public_key, trust, trusted_keys
from assay.vocabulary.errors import BadInput


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "keys"
    first = SigningKey.load_or_create(folder)
    assert _mode(folder) == 0o700
    assert _mode(folder / "laboratory.key") == 0o600
    assert SigningKey.load_or_create(folder).key_id == first.key_id
    assert [path.name for path in folder.iterdir()] == ["laboratory.key"]
    assert (folder / "laboratory.key").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert "PrivateKey" not in repr(first)


def test_the_file_is_closed_to_others_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[int, int]] = []
    real = os.open

    def watch(path: str, flags: int, mode: int = 0o777) -> int:
        opened.append((flags, mode))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", watch)
    SigningKey.load_or_create(tmp_path / "keys")
    assert opened
    assert all(mode == 0o600 and flags & os.O_EXCL for flags, mode in opened)


def test_permissions_that_were_widened_are_taken_back(tmp_path: Path) -> None:
    SigningKey.load_or_create(tmp_path)
    tmp_path.chmod(0o755)
    (tmp_path / "laboratory.key").chmod(0o644)
    SigningKey.load_or_create(tmp_path)
    assert (_mode(tmp_path), _mode(tmp_path / "laboratory.key")) == (0o700, 0o600)


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAA"])
def test_a_key_that_cannot_be_used_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "laboratory.key"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="restore it, or move it away") as caught:
        SigningKey.load_or_create(tmp_path)
    assert caught.value.code == "key.lost"
    assert path.read_bytes() == content


def test_keys_of_another_kind_encrypted_keys_and_dangling_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "laboratory.key"
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    other = ec.generate_private_key(ec.SECP256R1())
    for protection in (serialization.NoEncryption(), serialization.BestAvailableEncryption(b"secret")):
        path.write_bytes(other.private_bytes(pem, pkcs8, protection))
        with pytest.raises(BadInput) as caught:
            SigningKey.load_or_create(tmp_path)
        assert caught.value.code == "key.lost"
    path.unlink()
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(BadInput) as caught:
        SigningKey.load_or_create(tmp_path)
    assert caught.value.code == "key.lost"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput) as caught:
        SigningKey.load_or_create(tmp_path / "file" / "keys")
    assert caught.value.code == "folder.unwritable"


def test_two_processes_that_begin_at_once_end_with_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SigningKey.load_or_create(tmp_path)
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # both looked before either wrote
    assert SigningKey.load_or_create(tmp_path).key_id == other.key_id


def test_trust_is_given_once_and_keeps(tmp_path: Path, key: SigningKey) -> None:
    exported = tmp_path / "friend.json"
    exported.write_bytes(key.export("Friends 朋友").file_bytes())
    folder = tmp_path / "mine"
    assert trusted_keys(folder) == {}
    kept = trust(folder, exported)
    assert kept == read_public_key(exported) == trust(folder, exported)
    assert trusted_keys(folder) == {key.key_id: kept}
    assert len(list((folder / "trusted").iterdir())) == 1


def test_the_own_key_is_trusted_without_asking(tmp_path: Path) -> None:
    own = SigningKey.load_or_create(tmp_path)
    assert trusted_keys(tmp_path, "Ours") == {own.key_id: own.export("Ours")}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key_id": "0" * 64}, "key_id is not the SHA-256"),
        ({"public_key": "AAAA"}, "3 bytes, not 32"),
        ({"public_key": "AB=="}, "stray bits"),
        ({"public_key": "!"}, ""),
        ({"format": "other"}, "its format is 'other'"),
        ({"more": 1}, "unknown field"),
        ({"name": None}, "Expected `str`"),
    ],
)
def test_a_file_that_is_no_public_key_is_not_trusted(
    tmp_path: Path, key: SigningKey, change: dict[str, object], reason: str
) -> None:
    file = tmp_path / "friend.json"
    file.write_text(json.dumps(json.loads(key.export("Friends").file_bytes()) | change))
    with pytest.raises(BadInput, match="not an Assay public key") as caught:
        trust(tmp_path / "mine", file)
    assert reason in str(caught.value)
    assert trusted_keys(tmp_path / "mine") == {}


def test_missing_huge_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        trust(tmp_path, tmp_path / "gone.json")
    assert caught.value.code == "file.missing"
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "broken.json").write_text("x" * 70_000)
    with pytest.raises(BadInput, match="too large"):
        trusted_keys(tmp_path)
