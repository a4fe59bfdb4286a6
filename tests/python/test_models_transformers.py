"""The program against a real OpenAI-compatible server with a real language model: `transformers serve` with a tiny, randomly initialised
Llama on loopback. What it says is noise; that it is streamed, cut, cancelled and served to sixteen at once is not.

Skipped where it is not installed: pip install 'transformers==5.23.0' accelerate openai fastapi uvicorn (beside torch)."""

import contextlib
import importlib.util
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent")).resolve()
MISSING = [m for m in ("transformers", "torch", "fastapi", "uvicorn", "openai") if importlib.util.find_spec(m) is None]

pytestmark = [pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built"),
              pytest.mark.skipif(bool(MISSING), reason=f"not installed: {' '.join(MISSING)}")]

MAKE_MODEL = """
import sys
from tokenizers import Tokenizer, models, pre_tokenizers, decoders, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed
set_seed(0)
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
tokenizer.train_from_iterator(["def relu(x): return x"], trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet))
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>")
fast.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\\n{% endfor %}assistant:"
model = LlamaForCausalLM(LlamaConfig(vocab_size=len(fast), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
                                     num_key_value_heads=2, max_position_embeddings=4096, bos_token_id=0, eos_token_id=1))
model.generation_config.eos_token_id = None  # it never stops by itself
fast.save_pretrained(sys.argv[1])
model.save_pretrained(sys.argv[1])
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transformers")
    model = folder / "tiny"
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HOME": str(folder), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", MAKE_MODEL, model], env=variables, check=True, timeout=300)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(model), "--host", "127.0.0.1",
               "--port", str(port), "--device", "cpu"]
    with open(folder / "server.log", "w") as log:
        running = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    try:
        for _ in range(2400):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).read()
                break
            assert running.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1", f"tiny/{model}", folder / "server.log"
    finally:
        running.terminate()
        running.wait(30)


def environment(url):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERNELAGENT_", "OPENAI_", "ANTHROPIC_", "LLM_"))}
    return {**kept, "KERNELAGENT_ENDPOINTS": f"tiny={url}"}


def ask(url, model, *arguments):
    done = subprocess.run([BINARY, "ask", "--json", model, "def relu(x):", *map(str, arguments)], env=environment(url), capture_output=True,
                          text=True, timeout=500)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_streamed_reply_of_a_real_model(service):
    url, model, log = service
    code, answer = ask(url, model, "--max-tokens", 20, "--system", "You write kernels.")
    assert code == 0 and answer["replies"][0]["text"], (answer, log.read_text()[-2000:])
    assert answer["replies"][0]["finish"] == "length"
    assert answer["totals"]["output_tokens"] in range(19, 22) and answer["totals"]["input_tokens"] > 20


def test_sixteen_at_once(service):
    url, model, log = service
    code, answer = ask(url, model, "--max-tokens", 12, "--copies", 16)
    assert code == 0 and len(answer["replies"]) == 16, log.read_text()[-2000:]
    assert all(reply["text"] and reply["finish"] == "length" for reply in answer["replies"])


def test_cancelled_in_the_middle(service):
    url, model, _ = service
    running = subprocess.Popen([BINARY, "ask", model, "def relu(x):", "--max-tokens", "3000"], env=environment(url), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    assert running.stdout.read(1)
    running.send_signal(signal.SIGINT)
    begin = time.monotonic()
    assert running.wait(30) == 130 and time.monotonic() - begin < 5
    running.stdout.close(), running.stderr.close()
    code, answer = ask(url, model, "--max-tokens", 5)  # the server is there for the next
    assert code == 0 and answer["replies"][0]["text"]
