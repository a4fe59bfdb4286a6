"""The page for everybody: axe-core finds nothing serious on any page, dark or light, on a desk or a phone; a run from paste to its program
without a mouse; two browsers that watch one run."""

import json
import pathlib

import pytest
from test_ui_browser_long import MLP, badge, browser, page, sync_api  # noqa: F401 (browser and page are fixtures)
from test_ui_server import serving

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def findings(page):
    """Lists what axe-core calls serious or critical, with the elements."""
    found = axe.Axe().run(page).response["violations"]
    return [f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node['failureSummary']}" for rule in found if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server with an accepted run, a failed one, one that was killed at work, and a suite."""
    folder = tmp_path_factory.mktemp("access")
    with serving(folder) as server:
        order = {"text": MLP, "name": "gelu_mlp.py", "settings": {"effort": "quick"}}
        good = server.ask("POST", "/api/v1/runs", order)[1]["run"]
        server.wait(good, "accepted")
        bad = server.ask("POST", "/api/v1/runs", {"text": "import torch\nraise ValueError('spoilt')\n", "until": "trace"})[1]["run"]
        server.wait(bad, "failed")
        half = server.ask("POST", "/api/v1/runs", {"text": MLP, "until": "trace"})[1]["run"]
        server.wait(half, "stopped")
        lines = (folder / ".fuse" / good / "events.jsonl").read_text().splitlines()
        written = next(at for at, line in enumerate(lines) if '"candidate_judged"' in line)
        (folder / ".fuse" / half / "events.jsonl").write_text("\n".join(lines[:written + 1]) + "\n")
        suite = folder / ".fuse/suite_20261123_000000_00000000"
        suite.mkdir()
        (suite / "suite.json").write_text(json.dumps({"started": "2026-11-23T00:00:00Z", "machine": {"gpu": "a GPU"}}))
        (suite / "report.json").write_text(json.dumps({"seconds": 3, "levels": [{"problems": 2, "judged": 2, "accepted": 1}]}))
        (suite / "report.html").write_text("<!doctype html><html lang=en><title>Report</title><h1>Report</h1></html>")
        yield server, {"new": "#/new", "runs": "#/runs", "suites": "#/suites", "accepted": f"#/run/{good}", "failed": f"#/run/{bad}", "half": f"#/run/{half}",
                       "compare": f"#/compare/{good}/{bad}", "lost": "#/run/run_that_is_not_there"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(size, scheme, place, page):
    server, addresses = place
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_default_timeout(20_000)
    found = {}
    for name, address in addresses.items():
        page.goto("about:blank")
        page.goto(server.address + address)
        page.locator("main h1, main .notice").first.wait_for()
        page.wait_for_load_state("networkidle" if name not in ("accepted", "failed", "half") else "load")
        if name in ("accepted", "half"):
            page.locator("tbody button.link").first.click()
            page.locator("details > summary").last.click()
            page.locator(".code pre" if name == "accepted" else "main .columns h2").first.wait_for()
        found[name] = findings(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than the window"
    assert not any(found.values()), json.dumps(found, indent=1)
    assert all("404" in complaint for complaint in page.complaints), page.complaints  # the run that is not there


def tab_to(page, wanted):
    """Presses Tab until an element has the focus, and sees that the focus shows."""
    wanted.wait_for()
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none", "the focus is seen"
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_a_run_without_a_mouse(page, tmp_path):
    with serving(tmp_path) as server:
        page.goto(server.address)
        tab_to(page, page.locator("#problem"))
        page.keyboard.insert_text(MLP)
        tab_to(page, page.locator("#setting-effort"))
        page.keyboard.press("q")
        tab_to(page, page.get_by_role("button", name="Run", exact=True))
        page.keyboard.press("Enter")
        badge(page, "accepted")
        tab_to(page, page.get_by_role("link", name="Download composed_kernel.py"))
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert "@triton.jit" in pathlib.Path(download.value.path()).read_text()
        tab_to(page, page.locator("tbody button.link").last)
        page.keyboard.press("Enter")
        page.locator(".code pre").first.wait_for()
        tab_to(page, page.locator(".picture"))
        before = page.locator(".picture svg").get_attribute("style")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("+")
        assert page.locator(".picture svg").get_attribute("style") != before
        assert page.complaints == []


def test_two_browsers_watch_one_run(browser, page, tmp_path):
    with serving(tmp_path) as server, browser.new_context() as other:
        page.goto(server.address)
        page.locator("#problem").fill(MLP)
        page.locator("#setting-effort").select_option("quick")
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator(".phases li.now").wait_for()
        second = other.new_page()
        second.set_default_timeout(60_000)
        second.goto(server.address + "#/runs")
        second.locator("tbody a").first.click()
        second.locator(".phases li.now").wait_for()
        for watcher in (page, second):
            badge(watcher, "accepted")
            sync_api.expect(watcher.locator(".phases li.done")).to_have_count(6)
        tables = [watcher.locator("section:has(h2:text-is('Subgraphs')) tbody").inner_text() for watcher in (page, second)]
        assert tables[0] == tables[1] and "codegen" in tables[0]
        assert page.complaints == []
