"""`explore` in a browser and by its requests."""

import contextlib
import csv
import http.client
import json
import shutil
import socket
import subprocess
import urllib.parse

import numpy as np
import pytest
from conftest import Explorer
from looks import WAYS, Window

PAGES = ["", "train", "train?find=suspects", "test?find=mistakes", "train/5", "test/7", "decisions"]


def ask(explorer, path, method="GET", body=None, headers=None):
    """The status, the headers and the body of an answer; `path` is below the token unless it begins with a slash."""
    address = urllib.parse.urlsplit(explorer.address)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.request(method, path if path.startswith("/") else address.path + path, body, headers or {})
    answer = connection.getresponse()
    result = answer.status, answer.headers, answer.read().decode(errors="replace")
    connection.close()
    return result


def decide(explorer, **fields):
    return ask(explorer, "decisions", "POST", urllib.parse.urlencode(fields))[0]


@pytest.mark.parametrize("width, scheme, script", WAYS)
def test_every_page_is_readable(browser, explorer, width, scheme, script):
    label = int(np.load(explorer.folder / "labels_train.npy")[5])
    assert decide(explorer, set="train", example=5, label="wrong", correct=(label + 1) % 10) == 303
    with Window(browser, width, scheme, script) as window:
        for page in PAGES:
            window.check(explorer.address + page)


def test_the_report_leads_to_its_examples(browser, explorer):
    with Window(browser) as window:
        page = window.page
        page.goto(explorer.address)
        page.locator("#suspects figure a").first.click()
        assert page.locator("h1").inner_text().startswith("Training example ")
        first = page.url
        # From neighbor to neighbor.
        page.locator(".columns section").first.locator("a").first.click()
        assert page.url != first and page.locator("h1").inner_text().startswith("Training example ")
        headings = page.locator(".columns h3").all_text_contents()
        assert headings == ["Kernel", "Kernel, locally scaled", "Pixels"]
        assert page.locator(".columns section").first.locator("li").count() == 12
        assert window.messages == []


def test_a_list_grows_as_one_scrolls(browser, explorer):
    with Window(browser) as window:
        page = window.page
        page.goto(explorer.address + "train")
        page.wait_for_load_state("networkidle")
        count = page.locator(".tile").count()
        assert count < 2000
        for _ in range(200):
            page.mouse.wheel(0, 20000)
            page.wait_for_timeout(30)
            if page.locator(".tile").count() == 2000:
                break
        assert page.locator(".tile").count() == 2000
        assert page.locator(".count").inner_text() == "2,000 examples, 1 to 2,000"
        numbers = page.locator(".tile").evaluate_all("all => all.map(one => Number(one.href.split('/').pop()))")
        assert numbers == list(range(2000))
        assert window.messages == []


def test_without_scripts_a_list_has_pages(browser, explorer):
    with Window(browser, script=False) as window:
        page = window.page
        labels = np.load(explorer.folder / "labels_train.npy")
        page.goto(explorer.address + "train?label=6")
        assert page.locator(".tile .label").all_text_contents() == ["Shirt"] * (labels == 6).sum()
        page.goto(explorer.address + "train")
        numbers = []
        while True:
            numbers += page.locator(".tile").evaluate_all("all => all.map(one => Number(one.href.split('/').pop()))")
            if page.locator("a[rel=next]").count() == 0:
                break
            page.locator("a[rel=next]").click()
        assert numbers == list(range(2000))


def test_every_control_works_by_keyboard(browser, explorer):
    with Window(browser) as window:
        page = window.page
        for address in ["train?find=suspects", "train/5?find=suspects"]:
            page.goto(explorer.address + address)
            controls = page.locator("a[href], button:visible, input:not([type=hidden]), select")
            wanted = controls.evaluate_all(
                # One radio button of each group is reached; the arrow keys lead to the others.
                "all => all.filter(one => one.type !== 'radio' || one.checked).length"
            )
            reached = 0
            for _ in range(wanted + 5):
                page.keyboard.press("Tab")
                focused = page.evaluate(
                    """() => {
                      const one = document.activeElement;
                      if (one === document.body || one.dataset.seen) return null;
                      one.dataset.seen = 1;
                      return getComputedStyle(one).outlineStyle !== "none";
                    }"""
                )
                if focused is None:
                    continue
                assert focused, "the focus is not seen"
                reached += 1
            assert reached == wanted
        # Filters, by keys alone.
        page.goto(explorer.address + "train")
        page.locator("select[name=label]").focus()
        page.keyboard.type("Bag")
        page.locator("input[name=search]").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**label=8**")
        assert set(page.locator(".tile .label").all_text_contents()) == {"Bag"}
        # Decisions, and on to the next.
        page.locator(".tile").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("form.decision")
        example = int(page.url.split("?")[0].split("/")[-1])
        for key in "wd":
            page.keyboard.press(key)
            page.locator(".saved", has_text="saved").filter(has_not_text="not").wait_for()
            page.evaluate("document.querySelector('.saved').textContent = ''")
        assert "Decisions (1)" in page.locator("nav.explorer").inner_text()
        page.keyboard.press("n")
        page.wait_for_url(lambda url: f"train/{example}?" not in url)
        page.keyboard.press("p")
        page.wait_for_url(f"**/train/{example}?**")
        assert page.locator("[name=label][value=wrong]").is_checked()
        # Keys can be switched off, which lasts.
        page.locator(".keys").uncheck()
        page.reload()
        page.keyboard.press("r")
        assert page.locator("[name=label][value=wrong]").is_checked() and not page.locator(".keys").is_checked()
        assert window.messages == []
    assert (explorer.folder / "leave_out.txt").read_text() == f"{example}\n"


def test_decisions_are_saved_while_one_goes_on(browser, explorer):
    with Window(browser) as window:
        page = window.page
        page.goto(explorer.address + "train?label=6&order=number")
        page.locator(".tile").first.click()
        page.wait_for_selector("form.decision")
        seen = []
        for _ in range(12):
            seen.append(int(page.url.split("?")[0].split("/")[-1]))
            page.keyboard.press("w")
            page.keyboard.press("k")
            page.keyboard.press("d")
            page.keyboard.press("n")
            page.wait_for_url(lambda url, last=seen[-1]: f"train/{last}?" not in url)
    lines = (explorer.folder / "decisions.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1::2][:3] for line in lines] == [[str(one), "wrong", "0"] for one in sorted(seen)]


def test_decisions_are_saved_without_scripts(browser, explorer):
    with Window(browser, script=False) as window:
        page = window.page
        page.goto(explorer.address + "train/5?find=suspects")
        page.locator("[name=label][value=wrong]").check()
        page.locator("[name=correct]").select_option(label="Coat")
        page.locator("form.decision button").click()
        assert page.url.endswith("train/5?find=suspects")
        assert page.locator("[name=label][value=wrong]").is_checked()
        page.goto(explorer.address + "test/7")
        page.locator("[name=keep][value='0']").check()
        page.locator("form.decision button").click()
        page.locator("nav.explorer >> text=Decisions (2)").click()
        assert page.locator(".mark").all_text_contents() == ["label is wrong: Coat", "drop"]
        assert window.messages == []


def test_decisions_last(program, explorer):
    labels = np.load(explorer.folder / "labels_train.npy")
    assert decide(explorer, set="train", example=9, label="wrong", correct=3) == 303
    assert decide(explorer, set="train", example=4, keep="0") == 303
    assert decide(explorer, set="train", example=2, label="right", keep="1") == 303
    assert decide(explorer, set="test", example=1, keep="0") == 303
    table = ask(explorer, "decisions.csv")[2]
    assert table == (explorer.folder / "decisions.csv").read_text()
    rows = list(csv.DictReader(table.splitlines()))
    assert [list(row.values())[:6] for row in rows] == [
        ["train", "2", str(labels[2]), "right", "", "1"], ["train", "4", str(labels[4]), "", "", "0"],
        ["train", "9", str(labels[9]), "wrong", "3", ""], ["test", "1", rows[3]["label"], "", "", "0"],
    ]  # fmt: skip
    assert ask(explorer, "leave_out.txt")[2] == "4\n9\n"
    # What was decided last counts; nothing decided is no decision.
    assert decide(explorer, set="train", example=9, label="right") == 303
    assert decide(explorer, set="train", example=4) == 303
    assert (explorer.folder / "leave_out.txt").read_text() == ""
    # A second one at the same time can only read.
    second = Explorer(program, explorer.folder)
    assert "label is right" in ask(second, "decisions")[2] and decide(second, set="train", example=1, keep="1") == 403
    assert "label is right" in ask(second, "train/9")[2] and "fieldset" not in ask(second, "train/9")[2]
    assert "nothing can be decided" in second.end()
    explorer.end()
    third = Explorer(program, explorer.folder)
    rows = list(csv.DictReader(ask(third, "decisions.csv")[2].splitlines()))
    assert [(row["set"], row["example"]) for row in rows] == [("train", "2"), ("train", "9"), ("test", "1")]
    third.end()


def test_decisions_about_other_data_are_not_lost(program, report, tmp_path):
    folder = shutil.copytree(report.parent / "report_files", tmp_path / "report_files")
    label = int(np.load(folder / "labels_train.npy")[3])
    heading = "set,example,label,label_is,correct_label,keep,file"
    for line, message in [
        (f"train,3,{(label + 1) % 10},wrong,,,", "line 2 is about other data"), ("train,2000,1,,,0,", "other data"),
        ("train,x,1,,,0,", "line 2 is no decision"), (f"train,3,{label},wong,,,", "line 2 has other words"),
        (f"\n\ntrain,3,{label},,,maybe,", "line 4 has other words"), (f"train,3,{label},wrong,10,,", "other words"),
        (f"train,3,{label},,4,,", "other words"),
    ]:  # fmt: skip
        (folder / "decisions.csv").write_text(f"{heading}\n{line}\n")
        outcome = subprocess.run([program, "explore", folder], check=False, capture_output=True, text=True)
        assert outcome.returncode == 65 and message in outcome.stderr, outcome
        assert (folder / "decisions.csv").read_text().endswith(line + "\n")


def test_decisions_may_be_edited_by_hand(program, report, tmp_path):
    folder = shutil.copytree(report.parent / "report_files", tmp_path / "report_files")
    labels = np.load(folder / "labels_train.npy")
    other = (labels[5] + 1) % 10
    lines = [
        "\ufeffset;example;label;label_is;correct_label;keep;file", f"train;3;{labels[3]};Wrong;Bag;;", "",
        f'"train"; 4;{labels[4]};;;FALSE;""', ";;;;;;", f"train;5;{other};wrong;{labels[5]};0;",
    ]  # fmt: skip
    (folder / "decisions.csv").write_text("\r\n".join(lines), encoding="utf-8")
    explorer = Explorer(program, folder)
    # The list is made anew. The label of 5 has been corrected since: it is right now.
    assert (folder / "leave_out.txt").read_text() == "3\n4\n5\n"
    rows = list(csv.reader(ask(explorer, "decisions.csv")[2].splitlines()))[1:]
    assert rows == [
        ["train", "3", str(labels[3]), "wrong", "8", "", ""], ["train", "4", str(labels[4]), "", "", "0", ""],
        ["train", "5", str(labels[5]), "right", "", "0", ""],
    ]  # fmt: skip
    explorer.end()


def test_classes_may_be_called_by_numbers(program, report, tmp_path):
    folder = shutil.copytree(report.parent / "report_files", tmp_path / "report_files")
    sources = json.loads((folder / "sources.json").read_text())
    sources["class_names"] = [str(number + 1) for number in range(10)]
    (folder / "sources.json").write_text(json.dumps(sources))
    labels = np.load(folder / "labels_train.npy")
    example = int(np.flatnonzero(labels == 5)[0])
    explorer = Explorer(program, folder)
    assert decide(explorer, set="train", example=example, label="wrong", correct=4) == 303
    assert decide(explorer, set="train", example=example, label="wrong", correct=5) == 400
    explorer.end()
    explorer = Explorer(program, folder)
    assert ask(explorer, "decisions.csv")[2].splitlines()[1] == f"train,{example},5,wrong,4,,"
    explorer.end()
    # Without decisions there is no list of them.
    (folder / "decisions.csv").unlink()
    explorer = Explorer(program, folder)
    assert (folder / "leave_out.txt").read_text() == ""
    explorer.end()


def test_nothing_else_can_be_asked(explorer):
    token = urllib.parse.urlsplit(explorer.address).path
    status, headers, _ = ask(explorer, "")
    assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"]
    for path in ["/", "/train", token[:-2] + "x/", "/" + "0" * 32 + "/", token + "../", token + "image/train/2000",
                 token + "train/-1", token + "train/x", token + "tables/labels.npy", token + "tables/../labels.npy",
                 token + "tables/%2e%2e/x", token + "image/train/1/2", token + "x"]:  # fmt: skip
        assert ask(explorer, path)[0] == 404, path
    for method in ["PUT", "DELETE", "POST", "OPTIONS"]:
        assert ask(explorer, "train", method)[0] == 405
    status, headers, body = ask(explorer, "train", "HEAD")
    assert status == 200 and int(headers["Content-Length"]) > 1000 and body == ""
    # What is asked cannot become a part of the page.
    assert "<script>x" not in ask(explorer, "train?search=%D8%80%3Cscript%3Ex")[2]
    assert "autofocus" in ask(explorer, "train?search=%22%CC%81%20autofocus")[2]
    assert '"\u0301 autofocus' not in ask(explorer, "train?search=%22%CC%81%20autofocus")[2]
    assert ask(explorer, "train", headers={"Host": "LOCALHOST"})[0] == 200
    # A name that leads here, from a page elsewhere.
    assert ask(explorer, "", headers={"Host": "example.org"})[0] == 400
    assert ask(explorer, "", headers={"Host": "localhost:1234"})[0] == 200
    assert decide(explorer, set="train", example=2000, keep="1") == 400
    assert decide(explorer, set="other", example=1) == 400
    assert decide(explorer, set="train", example=1, label="Wrong") == 400
    assert decide(explorer, set="train", example=1, label="wrong", correct=10) == 400
    assert decide(explorer, set="train", example=1, keep="yes") == 400
    assert ask(explorer, "decisions", "POST", b"\xff%zz&=&&set=%ff")[0] == 400
    big = urllib.parse.urlencode({"set": "train", "example": 1, "list": "x" * 100_000})
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        assert ask(explorer, "decisions", "POST", big)[0] == 413
    assert not (explorer.folder / "decisions.csv").exists()
    for query in ["from=-5", "from=99999999999999999999", f"from={2**63 - 1}", "label=99", "search=%ff%00",
                  "search=9-1", "find=x&order=y", "search=5-9223372036854775807",
                  "order=similarity&find=near-duplicates"]:  # fmt: skip
        assert ask(explorer, f"train?{query}")[0] == 200, query
    # Only this machine is listened to.
    port = urllib.parse.urlsplit(explorer.address).port
    own = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {"127.0.0.1"}
    for address in own:
        with pytest.raises(OSError):
            socket.create_connection((address, port), timeout=2)


def test_what_explore_shows_is_what_report_found(explorer):
    audit = json.loads((explorer.folder / "report.json").read_text())
    first = audit["suspects"][0]
    page = ask(explorer, "train?find=suspects")[2]
    assert f'/train/{first["train"]}?find=suspects"' in page.split("tiles")[1].split("</a>")[0]
    page = ask(explorer, f"train/{first['train']}")[2]
    assert f"no. 1 of {len(audit['suspects']):,}" in page
    neighbors = np.load(explorer.folder / "neighbors_train.npy")[first["train"]]
    column = page.split("<h3>Kernel</h3>")[1].split("</section>")[0]
    assert [int(part.split('"')[0]) for part in column.split("/train/")[1::2]] == list(neighbors)
    assert neighbors[0] == first["neighbors"][0]["train"]
    # The planted copies, by pixels.
    assert [(pair["set"], pair["example"], pair["copy_of"]) for pair in audit["copies"]["pairs"]] == [
        ("test", 7, 100), ("train", 200, 8),
    ]  # fmt: skip
    column = ask(explorer, "test/7")[2].split("<h3>Pixels</h3>")[1]
    assert '/train/100"' in column.split("</a>")[0] and "1.000" in column.split("</a>")[0]
    assert "copy of" in ask(explorer, "train/200")[2] and "original of" in ask(explorer, "train/8")[2]


@pytest.mark.parametrize(
    "damage, code, message",
    [
        (lambda folder: (folder / "sources.json").unlink(), 66, "sources.json: no such file"),
        (lambda folder: (folder / "report.json").write_text("{}"), 65, "report.json: is not as report writes it"),
        (lambda folder: np.save(folder / "neighbors_train.npy", np.zeros((3, 2), np.int64)), 65, "neighbors_train.npy"),
        (lambda folder: np.save(folder / "labels.npy", np.zeros(3, np.int64)), 65, "labels.npy"),
        (lambda folder: (folder / "targets_ensemble.npy").unlink(), 66, "targets_ensemble.npy"),
        (shutil.rmtree, 66, "run report on the ensemble first"),
    ],
)
def test_a_damaged_report_is_refused_in_one_line(program, report, tmp_path, damage, code, message):
    folder = shutil.copytree(report.parent / "report_files", tmp_path / "report_files")
    damage(folder)
    outcome = subprocess.run([program, "explore", folder], check=False, capture_output=True, text=True)
    assert outcome.returncode == code and message in outcome.stderr, outcome
    assert outcome.stderr.count("\n") == 1 and outcome.stdout == ""
