"""The page for everybody: axe-core finds nothing serious on any page, dark or light, on a desk or a phone; a run from paste to its program
without a mouse."""

import json

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
