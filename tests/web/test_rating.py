"""The page over HTTP: who is let in, what is sent, and a whole session of rating without a browser."""

import http.client
import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from assay.vocabulary.errors import BadInput
from assay.web.rating import serve


class Caller:
    """Asks the page as our own script does, unless told otherwise."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.base = urlsplit(url).path

    def ask(self, path: str, body: Any = None, headers: dict[str, str | None] | None = None) -> tuple[int, Any, Any]:
        """Status, decoded body and headers."""
        given: dict[str, str | None] = {"Host": self.host}
        if body is not None:
            given |= {"Origin": f"http://{self.host}", "Content-Type": "application/json"}
        given |= headers or {}
        connection = http.client.HTTPConnection(self.host, timeout=10)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.putrequest("GET" if body is None else "POST", path if path.startswith("/") else self.base + path,
                              skip_host=True)  # fmt: skip
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text.decode(), answer.headers


def test_a_session_of_rating(booth: Any) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        caller = Caller(url)
        status, page, headers = caller.ask("")
        assert status == 200 and '<html lang="en">' in page and "<script src=" in page
        assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|https?:", page)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
        status, sheet, _ = caller.ask("sheet")
        assert sheet["total"] == 5 and sheet["words"]["zh"]["undo"] == "撤销" and len(sheet["options"]) == 5
        found = caller.ask(f"place?rater={quote('李雷')}")[1]
        for number in range(5):
            assert (found["place"], found["done"]) == (number, number)
            said = {"rater": "李雷", "key": found["key"], "said": number + 1, "note": "好"}
            status, found, _ = caller.ask("rate", said)
            assert status == 200 and len(booth.rows(plan)) == number + 1
        assert found["place"] is None and found["done"] == 5
        back = caller.ask("undo", {"rater": "李雷"})[1]
        assert back["undone"] and back["place"] == 4
    assert [row.value for row in booth.rows(plan)] == [1, 2, 3, 4, 5, None]


def test_hostile_texts_come_as_data_with_what_controls_written_out(booth: Any) -> None:
    with booth.served(booth.session()) as url:
        caller = Caller(url)
        texts = [caller.ask(f"place?rater=Ann&at={at}")[1]["texts"][0]["text"] for at in range(5)]
        hostile = next(text for text in texts if "onerror" in text)
        assert "<script>alert(2)</script>" in hostile and "\\u202e" in hostile and "\\x1b[31m" in hostile
        assert "\u202e" not in hostile and "\x1b" not in hostile and booth.hostile[:10] == hostile[:10]
        assert not any("onerror" in str(caller.ask(path)[1]) for path in ("", "rating.js", "rating.css"))


def test_a_text_longer_than_a_page_is_cut_and_says_so(booth: Any) -> None:
    path = booth.folder / "long.jsonl"
    path.write_text(json.dumps({"output": "x" * 250_000}) + "\n")
    from assay.api.rating.rate import Wanted, begin

    plan = begin(Wanted(sources=(str(path),), rubric="judging.helpfulness"), booth.lab)
    with booth.served(plan) as url:
        (text,) = Caller(url).ask("place?rater=Ann")[1]["texts"]
    assert text["cut"] and text["total"] == 250_000 and len(text["text"]) == 100_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": "evil.example:80"}, {"Host": "127.0.0.1:1"}, {"Host": None},
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_strangers_are_told_nothing(booth: Any, headers: dict[str, str | None]) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        caller = Caller(url)
        key = caller.ask("place?rater=Ann")[1]["key"]
        said = {"rater": "Ann", "key": key, "said": 3}
        for path, body in (("", None), ("sheet", None), ("place?rater=Ann", None), ("rate", said)):
            status, told, _ = caller.ask(path, body, headers)
            assert status in (400, 404) and "rating" not in str(told) and booth.secret not in str(told)
    assert booth.rows(plan) == []


def test_without_the_secret_there_is_nothing(booth: Any) -> None:
    with booth.served(booth.session()) as url:
        caller = Caller(url)
        own = f"/{booth.secret}"
        for path in ("/", "/x/", "/x/sheet", f"{own}x/", "/sheet", f"{own}/..{own}", "/favicon.ico",
                     f"{own}/rating.html", f"{own}/../rating.py", f"{own}/%2e%2e/rating.py"):  # fmt: skip
            status, told, headers = caller.ask(path)
            assert status == 404 and told == "" and headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": None}, 404), ({"Content-Type": "text/plain"}, 404), ({"Content-Type": None}, 404),
     ({"Content-Type": "application/x-www-form-urlencoded"}, 404)],
)  # fmt: skip
def test_a_form_of_another_page_cannot_rate(booth: Any, headers: dict[str, str | None], status: int) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        caller = Caller(url)
        key = caller.ask("place?rater=Ann")[1]["key"]
        assert caller.ask("rate", {"rater": "Ann", "key": key, "said": 3}, headers)[0] == status
    assert booth.rows(plan) == []


def test_bad_requests_are_answered_in_both_languages(booth: Any) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        caller = Caller(url)
        key = caller.ask("place?rater=Ann")[1]["key"]
        for body in ({"rater": "", "key": key, "said": 3}, {"rater": "Ann", "key": "x", "said": 3},
                     {"rater": "Ann", "key": key, "said": 6}, {"rater": "Ann", "key": key, "said": {"a": [1]}},
                     {"rater": "Ann", "key": key, "said": 3, "note": "x" * 2001}):  # fmt: skip
            status, told, _ = caller.ask("rate", body)
            assert status == 400 and set(told["error"]) == {"en", "zh"}
        more = json.dumps({"rater": "Ann", "key": key, "said": 3, "plan": "other"}).encode()
        for raw in (b"", b"{", b"[" * 50_000, b'{"rater": "Ann"}', b"\xff", more):
            assert caller.ask("rate", raw)[0] == 400
        assert caller.ask("rate", b" " * 70_000)[0] == 413
        assert caller.ask("place?rater=Ann&at=-1")[0] == 400 and caller.ask("place?rater=Ann&at=99")[1]["place"] is None
        assert caller.ask("place?rater=")[0] == 400 and caller.ask("rate")[0] in (404, 405)
    assert booth.rows(plan) == []


def test_a_disk_that_is_gone_is_told_to_the_rater(booth: Any) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        caller = Caller(url)
        key = caller.ask("place?rater=Ann")[1]["key"]
        (booth.lab / "ratings" / plan.name / "ratings.jsonl").unlink()
        status, told, _ = caller.ask("rate", {"rater": "Ann", "key": key, "said": 3})
        assert status == 507 and told["code"] == "lab.gone"
        assert caller.ask("place?rater=Ann")[1]["done"] == 0


def test_a_port_that_cannot_be_had(booth: Any) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], 70_000, -1):
            with pytest.raises(BadInput) as error:
                serve(None, "en", port, print)  # type: ignore[arg-type]
            assert error.value.code == "port.taken"
