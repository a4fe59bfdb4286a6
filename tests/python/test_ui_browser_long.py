"""The page in Debian's Chromium against the real server: from paste to download, while the server is killed; keyboard; pictures for the README.

KERNELAGENT_SCREENSHOTS=docs/images writes the README's pictures anew."""

import json
import os
import pathlib
import shutil
import signal

import e2e
import pytest
from e2e import script  # noqa: F401 (a fixture)
from test_ui_server import RELU, serving

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
MLP = (e2e.ROOT / "examples/gelu_mlp.py").read_text()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()


def picture(what, name):
    folder = os.environ.get("KERNELAGENT_SCREENSHOTS")
    if folder:
        what.screenshot(path=e2e.ROOT / folder / f"{name}.png")


def badge(page, status):
    page.locator(f"h1 .badge.{status}").wait_for(timeout=240_000)  # a run, on a machine that may be busy


def test_from_paste_to_download_while_the_server_is_killed(page, tmp_path):
    with serving(tmp_path) as server:
        page.goto(server.address)
        page.locator("#problem").fill(MLP)
        page.locator("#name").fill("gelu_mlp.py")
        page.locator("#setting-effort").select_option("quick")
        picture(page, "new_run")
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator(".phases li.now").wait_for()
        port = server.port
        server.end(signal.SIGKILL)
    assert page.complaints == []
    page.locator(".notice", has_text="connection to the server is lost").wait_for()
    with serving(tmp_path, port=port) as server:
        badge(page, "accepted")
        assert page.locator(".phases li.done").count() == 6
        page.get_by_text("Accepted: the Triton program computes").wait_for()
        page.locator(".picture svg .node").nth(2).wait_for()
        assert all("ERR_" in complaint for complaint in page.complaints), page.complaints  # the browser's own words on a lost server
        page.complaints.clear()

        with page.expect_download() as download:
            page.get_by_role("link", name="Download composed_kernel.py").click()
        program = pathlib.Path(download.value.path()).read_text()
        assert "class ModelNew" in program and "@triton.jit" in program
        with page.expect_download() as download:
            page.get_by_role("link", name="Download all").click()
        assert pathlib.Path(download.value.path()).read_bytes()[:2] == b"\x1f\x8b"

        second = page.locator(".picture svg .node", has_text="linear").last
        second.click()
        page.locator("h2", has_text="sg_02_linear").wait_for()
        page.locator(".code pre .k").first.wait_for()
        assert "@triton.jit" in page.locator(".code pre").inner_text()
        page.evaluate("scrollTo(0, 0)")
        picture(page, "result")
        picture(page.locator("main .columns").last, "plan")
        page.emulate_media(color_scheme="dark")
        picture(page, "result_dark")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than a phone"
        assert page.complaints == []


def test_stop_resume_history_and_a_failing_problem(page, tmp_path):
    with serving(tmp_path) as server:
        page.goto(server.address)
        # By keyboard alone: the first Tab is the way past the navigation.
        page.locator("#problem").wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.locator("#problem").focus()
        page.keyboard.press("Control+Enter")
        page.get_by_text("There is no problem yet").wait_for()
        page.keyboard.insert_text(RELU)
        page.keyboard.press("Control+Enter")
        badge(page, "running")
        page.get_by_role("button", name="Stop").press("Enter")
        page.locator("h1 .badge.interrupted, h1 .badge.killed").wait_for()
        page.get_by_role("button", name="Resume").press("Enter")
        badge(page, "accepted")

        page.goto(server.address + "#/new")
        page.locator("#problem").fill("import torch\nraise ValueError('spoilt')\n")
        page.locator("#name").fill("spoilt.py")
        page.get_by_role("button", name="Run", exact=True).click()
        badge(page, "failed")
        assert "spoilt" in page.locator(".notice.bad").inner_text()

        page.get_by_role("link", name="Runs", exact=True).click()
        rows = page.locator("tbody tr")
        sync_api.expect(rows).to_have_count(2)
        page.locator("#search").fill("spoilt")
        sync_api.expect(rows).to_have_count(1)
        page.locator("#search").fill("")
        sync_api.expect(rows).to_have_count(2)
        page.get_by_role("button", name="Problem").click()
        sync_api.expect(rows.first).to_contain_text("spoilt.py")
        for box in page.get_by_role("checkbox").all():
            box.check()
        picture(page, "runs")
        page.get_by_role("button", name="Compare two").click()
        page.get_by_text("Two runs").wait_for()
        page.locator("tr", has_text="Status ≠").wait_for()
        picture(page, "compare")
        page.goto(server.address + "#/runs")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete").first.click()
        sync_api.expect(rows).to_have_count(1)
        assert page.complaints == []


def test_words_become_a_problem_and_a_person_confirms_it(page, script, tmp_path):
    with serving(tmp_path) as server:
        page.goto(server.address + "#/new/kernel")
        page.get_by_text("in words", exact=True).click()
        page.locator(".notice", has_text="none is named").wait_for()
        page.locator("#words").fill("Implement ReLU over a contiguous 1D tensor of length 64")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("alert").get_by_text("none is named").wait_for()
        page.get_by_text("Full pipeline", exact=True).click()
        assert page.locator("#words").input_value().startswith("Implement"), "another mode keeps what was typed"
        page.get_by_text("Fuser", exact=True).click()
        sync_api.expect(page.locator("#problem")).to_be_visible()
        assert page.locator(".choices").count() == 2 and page.locator("#words").is_hidden()
        assert page.url.endswith("#/new/fuser")
        page.complaints.clear()  # the refusal, in the browser's own words
    script("describes")
    with serving(tmp_path, "--model", e2e.MODEL) as server:
        page.goto(server.address + "#/new/kernel")
        page.get_by_text("in words", exact=True).click()
        page.locator("#words").fill("Implement ReLU over a contiguous 1D tensor of length 64")
        page.locator("#setting-effort").select_option("quick")
        picture(page, "new_run_words")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_text("The problem, as a model wrote it").wait_for()
        badge(page, "accepted")
        page.get_by_role("button", name="2 taken").wait_for()
        page.get_by_role("button", name="Confirm").click()
        page.locator(".phases li.done", has_text="confirmed by a person").wait_for()
        badge(page, "accepted")
        sync_api.expect(page.get_by_role("button", name="Confirm")).to_be_hidden()
        assert page.complaints == []


def test_workers_round_by_round_and_what_they_cost(page, script, tmp_path):
    script("learns")
    angle = e2e.write_problem(tmp_path / "angle.py", "(x)\nreturn torch.angle(torch.relu(x) - 0.5) * 2", "[torch.rand(5, 37)]")
    with serving(tmp_path, "--model", e2e.MODEL, "--max-calls", "40") as server:
        page.goto(server.address)
        page.locator("#upload").set_input_files(angle)
        page.locator("#setting-effort").select_option("quick")
        page.locator("summary", has_text="Language model").click()
        page.locator("#setting-seeds").fill("2")
        page.get_by_role("button", name="Run", exact=True).click()
        badge(page, "accepted")
        panel = page.locator("section", has=page.get_by_role("heading", name="Workers, round by round"))
        panel.locator(".round pre .added").first.wait_for()
        lane = panel.locator(".lanes li").first
        for number, verdict in enumerate(("crashed", "unsafe", "wrong"), 1):
            lane.get_by_role("button", name=f"{number} {verdict}").wait_for()
        panel.get_by_role("button", name="accepted").first.click()
        panel.get_by_role("button", name="Verdict").click()
        sync_api.expect(panel.locator(".round tbody tr")).to_have_count(3)
        picture(panel, "workers")
        panel.get_by_role("button", name="Prompt").press("Enter")
        sync_api.expect(panel.locator(".round pre")).to_contain_text("angle")
        account = page.locator("section", has=page.get_by_role("heading", name="Ledger and budget"))
        sync_api.expect(account).to_contain_text("of 40 left")
        page.locator("svg.roofline circle").nth(2).wait_for()
        # What `bench` leaves on a machine with a GPU.
        run = page.url.rsplit("/", 1)[1]
        times = {"candidate": {"name": "candidate", "median_ms": 2, "interval_ms": [1.9, 2.1]},
                 "baselines": [{"name": "eager", "median_ms": 8, "interval_ms": [7.9, 8.1], "speedup": 4, "candidate_is": "faster"},
                               {"name": "compile", "failure": "it does not compile"}]}
        (tmp_path / ".fuse" / run / "compose_out/bench.json").write_text(json.dumps({"measured": "2026-11-23", "machine": {"gpu": "a GPU"}, "times": times}))
        page.reload()
        page.locator("svg.bars text", has_text="4.00 × (3.76 – 4.26)").wait_for()
        page.locator(".notice", has_text="it does not compile").wait_for()
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than a phone"
        assert page.complaints == []


def test_a_suite_is_started_stopped_and_resumed(page, tmp_path):
    with serving(tmp_path) as server:
        page.goto(server.address + "#/suites")
        page.get_by_role("button", name="Start suite").click()
        page.get_by_text("Choose problems, a folder, or files first.").wait_for()
        files = [{"name": name, "mimeType": "text/x-python", "buffer": text.encode()} for name, text in (("relu.py", RELU), ("twice.py", RELU.replace("* 2", "* 4")))]
        page.locator("#suite-files").set_input_files(files)
        page.locator("summary", has_text="Target and judge").click()
        page.locator("#setting-effort").select_option("quick")
        page.locator("#suite-jobs").fill("1")
        page.get_by_role("button", name="Start suite").click()
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Resume").click()
        page.locator("td .badge.done").wait_for()
        rows = page.locator("section", has_text="Problems of").locator("tbody tr")
        sync_api.expect(rows).to_have_count(2)
        sync_api.expect(rows.locator(".badge.accepted")).to_have_count(2)
        picture(page, "suites")
        page.get_by_role("link", name="uploaded/relu").click()
        badge(page, "accepted")
        assert page.complaints == []


def test_a_large_plan_stays_usable(page, tmp_path):
    """Four hundred subgraphs: drawn at once, and an arrow key in the picture is answered within a blink."""
    with serving(tmp_path) as server:
        run = server.ask("POST", "/api/v1/runs", {"text": "x = 1\n", "until": "trace"})[1]["run"]
        server.wait(run, "failed")
        folder = tmp_path / ".fuse" / run
        events = [{"event": "run_started", "run": run}] + [{"event": "subgraph_planned", "id": f"sg_{i:03}", "title": "relu", "type": "map", "inputs": "x", "outputs": "y"} for i in range(400)]
        events += [{"event": "candidate_judged", "subgraph": f"sg_{i % 400:03}", "author": "codegen", "number": 1 + i // 400, "verdict": "accepted", "bound_used": 0.1} for i in range(4000)]
        (folder / "events.jsonl").write_text("".join(json.dumps({"time": "2026-01-01T00:00:00Z", **event}) + "\n" for event in events))
        nodes = "".join(f'<g id="node{i}" class="node"><title>s{i}</title><polygon points="0,{i * 40} 90,{i * 40} 90,{i * 40 + 30} 0,{i * 40 + 30}" fill="#dcebf7"/></g>' for i in range(400))
        (folder / "plan.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="12000pt" viewBox="0 0 100 16000">{nodes}</svg>')
        page.goto(f"{server.address}#/run/{run}")
        sync_api.expect(page.locator("tbody tr button.link")).to_have_count(400)
        page.locator(".picture .node").nth(399).wait_for(state="attached")
        longest = page.evaluate("""async () => {
          const frame = document.querySelector('.picture');
          let longest = 0;
          for (let i = 0; i < 30; ++i) {
            const began = performance.now();
            frame.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown'}));
            scrollBy(0, 60);
            await new Promise(requestAnimationFrame);
            longest = Math.max(longest, performance.now() - began);
          }
          return longest;
        }""")
        assert longest < 1000, f"{longest} ms"
        assert page.complaints == []
