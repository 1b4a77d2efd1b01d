"""The bench of lm-evaluation-harness's tasks, as far as it can be seen without it."""

import importlib.metadata
import json
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.exchange.told import TOLD
from assay.packs.exchange._lm_eval_child import receive, send
from assay.packs.exchange.bench.lm_eval import LmEval, _channels, _put, _shown
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import scored_in
from assay.vocabulary.material import Item
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Foreign


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "exchange.lm_eval", "test")) == []
    assert check_part(locate("procedure", "exchange.lm_eval", "test")) == []
    assert isinstance(LmEval(task="t"), Foreign)


def test_another_rig_puts_another_stimulus() -> None:
    item, variant = Item(id="1", stimulus="x"), Variant(name="as_run")
    put = LmEval(task="t").stimulus(item, variant)
    assert put == LmEval(task="t", sample=4, sample_timeout_s=1).stimulus(item, variant)
    for other in (LmEval(task="u"), LmEval(task="t", num_fewshot=0), LmEval(task="t", source="s"),
                  LmEval(task="t", chat=False)):  # fmt: skip
        assert other.stimulus(item, variant) != put


@pytest.mark.parametrize(("found", "code"), [(None, "part.extra"), ("0.4.9", "foreign.old")])
def test_an_extra_that_is_missing_or_too_old_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, found: str | None, code: str
) -> None:
    def version(name: str) -> str:
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr("assay.packs.exchange._lm_eval_process.version", version)
    with pytest.raises(BadInput, match=r"pip install .*'assay\[lm-eval\]'") as refused:
        LmEval(task="t").bring(Path(), TOLD["lm_eval"])
    assert refused.value.code == code


def test_the_subject_is_asked_what_lm_eval_would_ask() -> None:
    messages = [{"role": "user", "content": "hello"}]
    put = _put(json.dumps(messages), {"until": "END", "max_gen_toks": 20, "do_sample": False, "top_p": 0.9}, True)
    assert put == {"messages": messages, "temperature": 0, "max_tokens": 20, "stop": ["END"], "top_p": 0.9}
    assert _put("hello", {"until": [""]}, False) == {"prompt": "hello", "temperature": 0, "max_tokens": 256}
    assert _shown(put) == "hello" and _shown({"prompt": "p"}) == "p"
    assert _shown({"messages": [{"role": "system", "content": "s"}]}) == [{"role": "system", "content": "s"}]


def test_scores_have_a_scale_only_where_it_is_known() -> None:
    assert [one.measurand for one in _channels(["exact_match,none"])] == ["exchange.score"]
    assert [one.measurand for one in _channels(["acc,none", "bleu,none", "strict_acc,x"])] == [
        "exchange.score:acc,none", "exchange.value:bleu,none", "exchange.score:strict_acc,x",
    ]  # fmt: skip


def test_the_rows_of_a_document_are_one_reply_with_all_scores() -> None:
    row = {"doc_id": 3, "target": "yes", "resps": [["YES", "no"]], "metrics": ["em"],
           "arguments": {"gen_args_0": {"arg_0": "ask", "arg_1": {}}}}  # fmt: skip
    told = TOLD["lm_eval"](json.dumps([{**row, "filter": "a", "em": 0.0}, {**row, "filter": "b", "em": None}]).encode())
    assert told.item == Item(id="3", stimulus="ask", reference="yes") and told.response.output == ["YES", "no"]
    found = scored_in(told.response.note)
    assert found is not None and found.scores == {"em,a": 0.0} and set(found.unscored) == {"em,b"}
    assert TOLD["lm_eval"](json.dumps([{**row, "resps": []}]).encode()).response.status == "subject_failed"


def test_frames_go_there_and_back(tmp_path: Path) -> None:
    with (tmp_path / "frames").open("w+b") as file:
        send(file, {"a": [1, "é"]})
        send(file, {})
        file.seek(0)
        assert [receive(file), receive(file), receive(file)] == [{"a": [1, "é"]}, {}, None]
