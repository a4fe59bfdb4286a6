"""The library: installed, linked by examples/api with find_package(kernelagent), and asked for a kernel by a model of that program's own."""

import os
import shutil
import subprocess

import pytest
from e2e import BINARY, ROOT, environment, write_problem


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=900, **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    build = BINARY.parent
    if not (build / "build.ninja").exists() or not shutil.which("cmake"):
        pytest.skip("no build folder to install from")
    sanitised = "KA_SANITIZE:BOOL=ON" in (build / "CMakeCache.txt").read_text()
    flags = ["-DCMAKE_CXX_FLAGS=-fsanitize=address,undefined"] if sanitised else []
    prefix, example = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("example")
    run("cmake", "--build", build, "--target", "kernelagent_library", "kernelagent", "kernelagent_sandbox")
    run("cmake", "--install", build, "--prefix", prefix)
    run("cmake", "--install", build, "--prefix", prefix, "--component", "development")
    run("cmake", "-S", ROOT / "examples/api", "-B", example, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release", *flags)
    run("cmake", "--build", example)
    assert os.readlink(prefix / "bin/fuser-ui") == "kernelagent"
    return example / "own_model"


def test_a_program_brings_its_own_model(program, tmp_path):
    problem = write_problem(tmp_path / "angle.py", "(x)\nreturn torch.angle(torch.relu(x) - 0.5) * 2", "[torch.rand(5, 37)]")
    prose = tmp_path / "prose.md"
    prose.write_text("I would rather talk about the weather.")
    reply = ROOT / "tests/agent/whole/1.md"
    said = run(program, problem, prose, reply, cwd=tmp_path, env=environment())
    assert said.count("asked with") == 2 and "accepted: " in said and "composed_kernel.py" in said
    done = subprocess.run([program, problem, prose], capture_output=True, text=True, cwd=tmp_path, env=environment(), timeout=300)
    assert done.returncode == 1 and "not accepted: " in done.stdout
