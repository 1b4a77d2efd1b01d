"""The page in a real browser, by keyboard alone, in English and in Chinese."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Opened = Callable[..., Any]


def expects(what: Any) -> Any:
    from playwright.sync_api import expect

    return expect(what)


def begin(page: Any, name: str) -> None:
    """Type a name and begin; no mouse."""
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict")


def press(page: Any, key: str, after: str) -> None:
    """Press a key, and wait until the heading says what comes then."""
    page.keyboard.press(key)
    expects(page.locator("h1")).to_have_text(after)


def kept(page: Any, name: str) -> None:
    """A picture for the eye, where one is wanted: ASSAY_PICTURES names the folder."""
    if folder := os.environ.get("ASSAY_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_grades_by_keyboard_in_english(booth: Any, opened: Opened) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        page = opened(url)
        kept(page, "welcome")
        begin(page, "Ann")
        press(page, "4", "Case 2")
        kept(page, "grade")
        page.keyboard.press("n")
        page.keyboard.type("1 is too low, us? n")
        page.keyboard.press("Escape")
        press(page, "2", "Case 3")
        press(page, "s", "Case 4")
        press(page, "u", "Case 3")
        expects(page.locator("#told")).to_have_text("Your last rating was withdrawn. Rate the case again.")
        press(page, "5", "Case 4")
        page.keyboard.press("9")  # no such grade
        page.keyboard.press("Control+1")  # the browser's own
        page.keyboard.press("?")
        expects(page.locator("#help")).to_be_visible()
        kept(page, "help")
        page.keyboard.press("3")  # not while the help is open
        page.keyboard.press("Escape")
        expects(page.locator("#help")).not_to_be_visible()
        press(page, "1", "Case 5")
        press(page, "3", "All done. Thank you.")
        kept(page, "done")
    rows = booth.rows(plan)
    assert [row.value for row in rows] == [4, 2, None, None, 5, 1, 3]
    assert rows[1].note == "1 is too low, us? n" and {row.rater for row in rows} == {"Ann"}
    assert [row.case for row in rows if row.status == "ok"] == [case.id for case in plan.order("Ann")]


def test_pairs_by_keyboard_in_chinese(booth: Any, opened: Opened) -> None:
    plan = booth.session("judging.preference")
    with booth.served(plan, "zh") as url:
        page = opened(url, locale="zh-CN")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        begin(page, "李雷")
        expects(page.locator("h1")).to_have_text("第 1 例")
        kept(page, "pair-zh")
        shown = []
        for number, key in enumerate(("ArrowLeft", "ArrowRight", " ", "a", "b"), 2):
            shown.append(page.locator(".answer .text").all_inner_texts())
            press(page, key, f"第 {number} 例" if number < 6 else "全部完成，谢谢。")
        press(page, "u", "第 5 例")
        page.keyboard.press("?")
        expects(page.locator("#help")).to_contain_text("不相上下")
        page.keyboard.press("Escape")
        press(page, "s", "全部完成，谢谢。")
        page.keyboard.press("Tab")  # to the languages, the last button, and on to: another rater
        for _ in range(9):
            if page.evaluate("() => document.activeElement.id") == "language":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expects(page.locator("h1")).to_have_text("All done. Thank you.")
    rows = booth.rows(plan)
    assert [row.status for row in rows] == ["ok"] * 5 + ["withdrawn", "skipped"]
    for row, side in zip(rows, (0, 1, None, 0, 1), strict=False):
        assert row.value == ("tie" if side is None else ("first", "second")[row.shown[side]])
    for row, texts in zip(rows, shown, strict=False):
        texts_of = {one.id: one.text for one in plan.by_id[row.case].candidates}
        ids = [row.candidates[place] for place in row.shown]
        assert all(text.strip()[:5] == (texts_of[name].strip() or "（空回答）")[:5]
                   for name, text in zip(ids, texts, strict=True))  # fmt: skip


def test_rankings_by_keyboard(booth: Any, opened: Opened) -> None:
    file = booth.folder / "rank.toml"
    file.write_text('name = "rank"\nversion = "1"\nkind = "ranking"\ntitle.en = "Rank"\ninstructions.en = "Do."\n'
                    '[[option]]\nvalue = "better"\nanchor.en = "Nearer."\n')  # fmt: skip
    plan = booth.session(str(file))
    with booth.served(plan) as url:
        page = opened(url)
        begin(page, "Ann")
        page.keyboard.press("Enter")  # no order yet: nothing is kept
        for key in ("c", "c", "a", "Backspace", "b", "a"):
            page.keyboard.press(key)
        expects(page.locator(".order")).to_have_text("Order so far: C › B › A")
        kept(page, "ranking")
        press(page, "Enter", "Case 2")
    (row,) = booth.rows(plan)
    assert row.value == tuple(row.candidates[row.shown[place]] for place in (2, 1, 0))


def test_hostile_texts_are_only_texts(booth: Any, opened: Opened) -> None:
    with booth.served(booth.session("judging.preference")) as url:
        page = opened(url)
        begin(page, "Ann")
        for number in range(2, 7):
            if "onerror" in page.locator(".answers").inner_text():
                assert page.locator(".text img, .text script, .text b").count() == 0
                assert "<script>alert(2)</script>" in page.locator(".answers").inner_text()
                kept(page, "hostile")
                return
            press(page, " ", f"Case {number}")
        raise AssertionError("the hostile text was never shown")


def test_a_key_held_down_rates_once(booth: Any, opened: Opened) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        page = opened(url)
        begin(page, "Ann")
        for _ in range(5):
            page.keyboard.down("3")  # the second and later ones repeat
        expects(page.locator("h1")).to_have_text("Case 2")
        page.wait_for_timeout(200)
    assert len(booth.rows(plan)) == 1


def test_two_raters_each_in_their_own_order(booth: Any, opened: Opened) -> None:
    plan = booth.session()
    with booth.served(plan) as url:
        ann, bob = opened(url), opened(url)
        begin(ann, "Ann")
        begin(bob, "Bob")
        press(ann, "1", "Case 2")
        press(bob, "2", "Case 2")
        expects(bob.locator(".done")).to_contain_text("1 of 5 done · Bob")
        bob.reload()
        expects(bob.locator("h1")).to_have_text("Case 2")
        again = opened(url)
        again.keyboard.type("ann")
        again.keyboard.press("Enter")
        expects(again.locator("#told")).to_contain_text("capitals")
    assert {(row.rater, row.value) for row in booth.rows(plan)} == {("Ann", 1), ("Bob", 2)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_and_the_dark(booth: Any, opened: Opened, scheme: str) -> None:
    with booth.served(booth.session("judging.preference"), "zh") as url:
        page = opened(url, viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
        begin(page, "Ann")
        for number in range(2, 7):
            kept(page, f"phone-{scheme}-{number}")
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            page.locator(".option").nth(1).tap()
            expects(page.locator("h1")).to_have_text(f"第 {number} 例" if number < 6 else "全部完成，谢谢。")


def contrast(page: Any, selector: str) -> float:
    """Contrast of a text with what is behind it. Source: WCAG 2.1, relative luminance."""
    colours = page.evaluate(
        """(selector) => {
            const node = document.querySelector(selector);
            let behind = node;
            while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
            return [getComputedStyle(node).color, getComputedStyle(behind).backgroundColor];
        }""",
        selector,
    )

    def luminance(colour: str) -> float:
        parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_visible_focus(booth: Any, opened: Opened, scheme: str) -> None:
    with booth.served(booth.session("judging.correctness")) as url:
        page = opened(url, color_scheme=scheme)
        assert contrast(page, "button.main") >= 4.5
        begin(page, "Ann")
        for selector in (".text", ".answer h2", ".option small", ".quiet", "kbd", "summary", ".reference .text",
                         ".done span"):  # fmt: skip
            assert contrast(page, selector) >= 4.5, selector
        reached = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            found = page.evaluate(
                "() => [document.activeElement.tagName, getComputedStyle(document.activeElement).outlineWidth]"
            )
            if found[0] != "BODY":
                assert found[1] == "3px", found
                reached.add(found[0])
        assert {"BUTTON", "SUMMARY", "TEXTAREA"} <= reached


def command(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """``assay rate`` in a process of its own, and the address that it prints."""
    line = [sys.executable, "-m", "assay", "rate", "texts.jsonl", "--rubric", "judging.helpfulness", "--lab", "lab"]
    process = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for text in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", text):
            return process, found[0]
    raise AssertionError("no address was printed")


def test_killed_and_gone_on_with(booth: Any, opened: Opened, browser: Any) -> None:
    plan = booth.session()
    process, url = command(booth.folder)
    page = browser.new_page()
    page.goto(url)
    page.wait_for_selector("#focus")
    begin(page, "Ann")
    press(page, "4", "Case 2")
    press(page, "2", "Case 3")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    page.keyboard.press("5")
    expects(page.locator("#told")).to_contain_text("Not kept")
    expects(page.locator("h1")).to_have_text("Case 3")
    page.close()
    assert [row.value for row in booth.rows(plan)] == [4, 2]

    process, url = command(booth.folder)
    page = opened(url)
    page.keyboard.press("Tab")  # past the field and its button, to the rater there is
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expects(page.locator("h1")).to_have_text("Case 3")
    press(page, "5", "Case 4")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert str(booth.lab / "ratings" / plan.name) in said and "no agreement can be stated" in said
    assert [row.value for row in booth.rows(plan)] == [4, 2, 5]
