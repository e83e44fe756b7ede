"""The page of a report in a browser: at any width, in light and dark, with and without scripts."""

import pytest
from looks import PROBLEMS, WAYS, Window

SECTIONS = [
    "summary", "accuracy", "runs-and-neighbors", "calibration", "copies", "near-duplicates", "failures", "suspects",
    "classes", "random", "ensemble", "hardest",
]  # fmt: skip


@pytest.mark.parametrize("width, scheme, script", WAYS)
def test_the_page_is_readable(browser, report, width, scheme, script):
    with Window(browser, width, scheme, script) as window:
        window.check(report.as_uri())
        page = window.page
        assert page.locator("section").evaluate_all("all => all.map(one => one.id)") == SECTIONS
        assert page.locator("svg").count() == 5
        shown = page.evaluate("[...document.images].filter(image => image.naturalWidth > 0).length")
        assert shown == page.locator("img").count() > (150 if script else 300)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 22, 24)")


def test_what_is_wrong_is_seen(browser):
    with Window(browser, 390) as window:
        window.page.set_content(
            """<body style="background:#fff"><p style="font-size:10px">tiny</p><p style="color:#aaa">pale</p>
            <div style="background:#333"><p>dark</p></div><p style="width:2000px">wide</p><img src="data:,x">
            <input name="nameless"><svg viewBox="0 0 200 20" width="100"><text y="15" font-size="14">chart</text></svg>
            <p style="display:none;font-size:1px">hidden</p></body>"""
        )
        problems = window.page.evaluate(PROBLEMS)
    beginnings = ["10 px: tiny", "contrast 2.32: pale", "contrast 1.66: dark", "7 px: chart", "1618 px too wide",
                  "no image", "an image without words", "a field without a label: nameless"]  # fmt: skip
    assert len(problems) == len(beginnings), problems
    assert all(one.startswith(begin) for one, begin in zip(problems, beginnings, strict=True)), problems


def test_galleries_are_filtered_and_pictures_shown_larger(browser, report):
    with Window(browser) as window:
        page = window.page
        page.goto(report.as_uri())
        suspects = page.locator("#suspects")
        figures = suspects.locator("figure")
        total = int(suspects.locator(".found").text_content().split(" of ")[1])
        assert figures.count() == min(total, 24) and total > 24
        suspects.locator(".more").click()
        assert figures.count() == min(total, 48)
        # Filters, by keys alone.
        suspects.locator("select").first.focus()
        page.keyboard.type("Coat")
        shown = figures.evaluate_all("all => all.map(one => one.textContent.includes('Coat'))")
        assert all(shown) and 0 < len(shown) < total
        suspects.locator("select").first.select_option("any")
        suspects.locator("select").last.select_option("by number")
        numbers = figures.evaluate_all("all => all.map(one => Number(one.dataset.number))")
        assert numbers == sorted(numbers)
        suspects.locator("input").fill(f"train {numbers[3]}")
        assert f"train {numbers[3]}" in figures.first.text_content()
        # Larger pictures.
        figures.first.locator("img").first.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("dialog")
        assert dialog.is_visible() and f"train {numbers[3]}" in dialog.text_content()
        assert dialog.locator("img").bounding_box()["width"] > 300
        before = dialog.text_content()
        page.keyboard.press("ArrowRight")
        assert dialog.text_content() != before
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        assert window.messages == [] and page.evaluate(PROBLEMS) == []
