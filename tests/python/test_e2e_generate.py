"""From words to a kernel, one kernel for a whole program, a program that cannot be traced, and the router: on scripted models."""

import json

from e2e import MODEL, call, events, script, write_problem  # noqa: F401 (script is a fixture)

WORDS = "Implement ReLU over a contiguous 1D tensor of length 64"
ANGLE = "(x)\nreturn torch.angle(torch.relu(x) - 0.5) * 2", "[torch.rand(5, 37)]"
BRANCH = "(x)\ny = x * self.weight\nif y.sum() > 0:\n    return torch.relu(y)\nreturn -y", "[torch.randn(5, 7)]"


def perform(folder, *words):
    done = call(*words, "--json", cwd=folder)
    runs = sorted((folder / ".fuse").glob("run_*"))
    return json.loads(done.stdout) if done.stdout.startswith("{") else None, done, runs[-1] if runs else None


def test_from_words_to_a_kernel_that_a_person_confirms(script, tmp_path):
    asked = script("describes")
    recorded = tmp_path / "replies.jsonl"
    outcome, done, run = perform(tmp_path, "generate", WORDS, "--model", MODEL, "--record", recorded)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome["success"] and outcome["kernel_path"].endswith("composed_kernel.py") and outcome["session_dir"].endswith(run.name)
    assert asked() == 2
    first, second = events(run, "answer_checked")
    assert "fault" in first and "fault" not in second
    assert "control flow" in (run / "problem_out/round_1/feedback.md").read_text()
    problem = (run / "problem.py").read_text()
    assert problem.startswith(f"# This problem was written by {MODEL}") and "torch.relu(x)" in done.stderr
    qualifier = f"against a problem written by {MODEL}"
    for artifact in ("verdict.json", "certificate.json", "summary.json"):
        assert json.loads((run / "compose_out" / artifact).read_text())["qualifier"] == qualifier
    assert qualifier in done.stderr
    # The word travels with the file.
    copy = tmp_path / "copy.py"
    copy.write_text(problem)
    verdict = call("verify", run / "compose_out/composed_kernel.py", "--problem", copy, cwd=tmp_path)
    assert verdict.returncode == 0 and qualifier in verdict.stdout
    again = call("verify", run.name, cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr

    confirmed = call("confirm", run.name, cwd=tmp_path)
    assert confirmed.returncode == 0, confirmed.stdout + confirmed.stderr
    assert json.loads((run / "compose_out/verdict.json").read_text())["qualifier"] == ""
    assert not (run / "problem.py").read_text().startswith("#")
    assert asked() == 2

    replayed, done, _ = perform(tmp_path, "generate", WORDS, "--model", f"replay/{recorded}")
    assert done.returncode == 0 and replayed["success"], done.stdout + done.stderr
    assert asked() == 2


def test_a_model_that_writes_no_problem_ends_as_failure(script, tmp_path):
    asked = script("cheats")
    outcome, done, run = perform(tmp_path, "generate", WORDS, "--model", MODEL, "--rounds", "2")
    assert done.returncode == 2 and outcome["success"] is False and "no problem file" in outcome["message"]
    assert asked() == 2 and not (run / "problem.py").exists()


def test_one_kernel_for_the_whole_program(script, tmp_path):
    asked = script("whole")
    problem = write_problem(tmp_path / "angle.py", *ANGLE)
    outcome, done, run = perform(tmp_path, "generate", "--problem", problem, "--model", MODEL, "--seeds", "1")
    assert done.returncode == 0 and outcome["success"], done.stdout + done.stderr
    assert json.loads((run / "route.json").read_text())["strategy"] == "agent"
    assert len(events(run, "kernel_chosen")) == 1
    assert "relu_angle_kernel" in (run / "compose_out/composed_kernel.py").read_text()
    before = asked()
    again = call("replay", run.name, cwd=tmp_path)
    assert again.returncode == 0 and "byte for byte" in again.stdout, again.stdout + again.stderr
    assert asked() == before
    for reply in (run / "llm_calls").glob("*.json"):
        reply.unlink()
    again = call("replay", run.name, cwd=tmp_path)
    assert again.returncode == 2 and "no reply" in again.stderr


def test_a_program_that_cannot_be_traced_is_rewritten(script, tmp_path):
    asked = script("refactors")
    problem = write_problem(tmp_path / "branch.py", *BRANCH, constructor="self.weight = nn.Parameter(torch.randn(7))")
    plain = call("run", problem, cwd=tmp_path)
    assert plain.returncode == 2 and "--model" in plain.stdout
    outcome, done, run = perform(tmp_path, "run", problem, "--model", MODEL, "--seeds", "1", "--rounds", "10")
    assert done.returncode == 0 and outcome["status"] == "accepted", done.stdout + done.stderr
    assert asked() == 3
    faults = [event.get("fault", "") for event in events(run, "answer_checked")]
    assert faults[0] and "inputs" in faults[1] and faults[2] == ""
    assert "torch.where" in (run / "orchestrator/code.py").read_text()
    assert (run / "orchestrator/winner/worker_id.txt").read_text() == "1"
    assert json.loads((run / "route.json").read_text())["strategy"] == "refactor"
    again = call("run", "--resume", run.name, cwd=tmp_path)
    assert again.returncode == 0 and asked() == 3
    # The verdict is about the user's own file.
    assert json.loads((run / "compose_out/certificate.json").read_text())["problem"]["file"] == "branch.py"


def test_several_dialogues_rewrite_side_by_side_and_one_wins(script, tmp_path):
    script("refactors")
    problem = write_problem(tmp_path / "branch.py", *BRANCH, constructor="self.weight = nn.Parameter(torch.randn(7))")
    outcome, done, run = perform(tmp_path, "refactor", problem, "--model", MODEL, "--seeds", "2")
    assert done.returncode == 0 and outcome["status"] == "stopped", done.stdout + done.stderr
    assert any("tried already" in event.get("fault", "") for event in events(run, "answer_checked"))
    assert (run / "orchestrator/code.py.tgz").exists()


def test_where_one_way_fails_the_next_is_tried_and_remembered(script, tmp_path):
    script("whole")  # one kernel for everything: wrong for any part of it
    problem = write_problem(tmp_path / "angle.py", *ANGLE)
    words = ("run", problem, "--model", MODEL, "--seeds", "1", "--rounds", "1", "--no-cache")
    outcome, done, first = perform(tmp_path, *words)
    assert outcome["status"] == "accepted", done.stdout + done.stderr
    assert any("trying agent" in event["message"] for event in events(first, "warned"))
    cache = json.loads((tmp_path / ".fuse/router_cache.json").read_text())
    assert [entry["way"] for entry in cache.values()] == ["agent"]

    explained = call("route", problem, "--model", MODEL, cwd=tmp_path)
    assert f"agent: agent worked before, in {first.name}" in explained.stdout and "if that fails: pipeline" in explained.stdout
    outcome, done, second = perform(tmp_path, *words)
    assert outcome["status"] == "accepted" and json.loads((second / "route.json").read_text())["ways"] == ["agent", "pipeline"]
    assert not events(second, "warned")
    for ignoring in ("--ignore-router-config", "--no-router-cache"):
        route = json.loads(call("route", problem, "--model", MODEL, ignoring, "--json", cwd=tmp_path).stdout)
        assert route["ways"] == ["pipeline", "agent"]
    (tmp_path / ".fuse/router_cache.json").write_text("{ broken")
    route = json.loads(call("route", problem, "--model", MODEL, "--no-fallback", "--json", cwd=tmp_path).stdout)
    assert route["ways"] == ["pipeline"]


def test_a_model_chooses_between_equal_ways_and_nothing_else(tmp_path):
    problem = write_problem(tmp_path / "angle.py", "(x)\nreturn torch.angle(torch.relu(x))", "[torch.rand(5, 37)]")
    replies = tmp_path / "replies.jsonl"
    for reply, ways in (('```json\n{"way": "agent", "why": "it fuses", "verify": false}\n```', ["agent", "pipeline"]),
                        ('{"way": "skip the judge"}', ["pipeline", "agent"]), ("Both are fine.", ["pipeline", "agent"])):
        replies.write_text(json.dumps({"text": reply, "purpose": "route"}) + "\n")
        done = call("run", problem, "--model", f"replay/{replies}", "--until", "route", "--runs", tmp_path / str(len(reply)), cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        run = next((tmp_path / str(len(reply))).glob("run_*"))
        route = json.loads((run / "route.json").read_text())
        assert route["ways"] == ways and route["tie"]
        assert ("it fuses" in route["reason"]) == (ways[0] == "agent") == ("chosen_by" in route)
        assert bool(events(run, "warned")) == (ways[0] == "pipeline")
