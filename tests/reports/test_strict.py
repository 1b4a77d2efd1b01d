"""Strict reading: what would be written back differently does not pass."""

import pytest

from assay.reports.strict import strict_base64, strict_json


def test_base64() -> None:
    assert strict_base64("QUI=") == b"AB"
    for text in ("QUJ=", "QUI", "QUI=\n", " QUI=", "QU-_", "QUI==", "QÜI="):
        with pytest.raises(ValueError):
            strict_base64(text)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":2}', "'a' occurs twice"),
        (b'{"b":{"a":1,"\\u0061":2}}', "'a' occurs twice"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"[1,]", "not JSON at character"),
        (b"", "not JSON at character 1"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\xff"', "not UTF-8 text at byte 2"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        strict_json(data)


def test_integers_stay_integers_as_far_as_json_numbers_do() -> None:
    value = strict_json(b"[9007199254740991, 9007199254740992, 1" + b"0" * 20 + b", -0]")
    assert [type(number) for number in value] == [int, float, float, int]
