"""What an item asks for, and what is said where it asks for something unknown."""

import json

import pytest

from assay.packs.serving._asked import asked_of, model_in
from assay.timing.client.asked import Request
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item


def test_an_unknown_key_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(BadInput) as refused:
        asked_of(Item(id="q7", stimulus={"prompt": "a", "max_token": 4}), None)
    assert "'q7'" in str(refused.value) and "'max_token'" in str(refused.value)
    assert "did you mean 'max_tokens'" in str(refused.value) and "Object" not in str(refused.value)
    assert asked_of(Item(id="q7", stimulus={"prompt": "a", "class": "long"}), 4).kind == "long"


@pytest.mark.parametrize(("body", "name"), [
    (json.dumps({"model": "my-model"}), "my-model"), ("{}", ""), ('{"model": 7}', ""), ("[1]", ""), ("no JSON", ""),
    (json.dumps({"model": "m" * 500}), "m" * 80),
])  # fmt: skip
def test_the_model_that_is_asked_for(body: str, name: str) -> None:
    assert model_in(Request(body=body.encode())) == name
