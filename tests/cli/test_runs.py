"""``assay runs`` as a user reads it."""

import json
from typing import Any

import pytest

from assay.cli.main import main


def test_a_run_that_ended_early_is_listed_with_what_it_took_and_the_most_it_could_have(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.serving(place.server(200)) as url:
        text = (
            'title = "{name}"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
            '[material]\npart = "general.table"\npath = "items.jsonl"\n[procedure]\npart = "llm.choice"\n{more}\n'
            '[[requirement]]\nmeasurand = "llm.accuracy"\nat_least = {limit}\n'
        )
        for name, more, limit in (("decided", "decide_early = true", 0.3),
                                  ("capped", "decide_early = true\nmax_items = 15\nseed = 3", 0.8),
                                  ("whole", "", 0.3)):  # fmt: skip
            (place.folder / "m.toml").write_text(text.format(name=name, url=url, more=more, limit=limit))
            assert main(["measure", "m.toml", "--quiet"]) in (0, 1, 3)
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    found = {one["title"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["decided"]["planned"] == 200 and found["decided"]["taken"] < 60
    assert (found["capped"]["planned"], found["capped"]["taken"]) == (15, 15)
    assert (found["whole"]["planned"], found["whole"]["taken"], found["whole"]["may_end_early"]) == (200, None, False)
    assert main(["runs"]) == 0
    said = capsys.readouterr().out
    assert f"{found['decided']['taken']} of at most 200" in said and "15 of at most 15" in said
    assert main(["runs", "--lang", "zh"]) == 0
    assert "（最多 200）" in capsys.readouterr().out
