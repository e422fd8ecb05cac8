"""How fast the classifier learns and predicts: 10,003 short requests (Banking77), three passes, on this machine."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from classifier.learning.checkpoints import Checkpoint
from classifier.learning.corpus import Corpus, read
from classifier.learning.export import export_network
from classifier.learning.finetuning import logits_of
from classifier.learning.network import Features, SortingNetwork
from classifier.learning.progress import Meter
from classifier.learning.recipe import TrainingSettings, idle_cores
from classifier.learning.selection import Chooser
from classifier.model.base_model import base_model
from classifier.model.encoder import Encoder
from classifier.model.linear import Floats
from tests.benchmarks.public_sets import PUBLIC, banking77

EPOCHS = 3
SETTINGS = TrainingSettings(max_tokens=64, curve=False, epochs=EPOCHS)


def section(data: Path = PUBLIC) -> str:
    """Markdown; measured in a process of its own, whose memory is then only this."""
    if not (data / "banking77").is_dir():
        return f"## Learning and predicting, speed\n\nNot measured: {data / 'banking77'} is not there.\n"
    command = [sys.executable, "-m", "tests.benchmarks.training"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main(data: Path = PUBLIC) -> None:
    """Train, and print the tables."""
    threads = idle_cores()
    torch.set_num_threads(threads)
    started = time.monotonic()
    splits = banking77(data, 0).splits
    base = base_model(None)
    corpus = read(splits, base, SETTINGS, Meter(None, 0))
    read_s = time.monotonic() - started
    chooser = Chooser(corpus, base, SETTINGS, 0, Meter(None, 0), None)
    curve: list[tuple[float, float]] = []
    began = time.monotonic()

    def note(network: SortingNetwork, epoch: int) -> None:
        took = time.monotonic() - began - sum(spent)
        looked = time.monotonic()
        curve.append((took / 60, accuracy(logits_of(network, corpus.features, corpus.rows.test), corpus)))
        spent.append(time.monotonic() - looked)

    spent: list[float] = []
    network = chooser.tune(corpus.rows.train, EPOCHS, EPOCHS, Checkpoint(None, ""), note)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("## Learning and predicting, speed\n")
    print(
        f"{len(splits.train):,} requests of Banking77 and {len(splits.test):,} for the test, {threads} thread"
        f"{'s' if threads > 1 else ''}: read once in {read_s / 60:.1f} minutes, then {EPOCHS} passes over the tuned "
        f"layers; "
        f"{memory:,.0f} MB at most.\n"
    )
    print("| pass | minutes of learning | accuracy of the tuned part alone |\n|---|---|---|")
    for epoch, (minutes, right) in enumerate(curve, start=1):
        print(f"| {epoch} | {minutes:.1f} | {right:.3f} |")
    print()
    print(predicting(network, corpus))


def accuracy(logits: Floats, corpus: Corpus) -> float:
    """On the test requests."""
    return float(np.mean(logits.argmax(axis=1) == corpus.targets[corpus.rows.test]))


def predicting(network: SortingNetwork, corpus: Corpus) -> str:
    """Ten thousand requests through torch and ONNX Runtime on one thread, and how many of the test's are right."""
    torch.set_num_threads(1)
    many = list(corpus.rows.train)[:10_000]
    lines = ["| 10,000 requests, one thread | requests a second | accuracy |", "|---|---|---|"]
    whole = Features(network, corpus.ids(range(len(corpus.texts))), budget=0)  # nothing kept: every layer is computed
    engines: dict[str, Callable[[Sequence[int]], Floats]] = {
        "torch, 32 bits, batches of 64": lambda rows: logits_of(network, whole, rows)
    }
    with tempfile.TemporaryDirectory() as place:
        for bits, int8 in ((32, False), (8, True)):
            folder = Path(place) / str(bits)
            folder.mkdir()
            export_network(network, folder, corpus.ids(many[:50]), lambda seen: seen.logits, int8)
            encoder = Encoder(folder / "model.onnx")
            engines[f"ONNX Runtime, {bits} bits, one by one"] = partial(_by_onnx, encoder, corpus)
        for name, run in engines.items():
            right = accuracy(run(list(corpus.rows.test)), corpus)
            started = time.perf_counter()
            run(many)
            lines.append(f"| {name} | {len(many) / (time.perf_counter() - started):.0f} | {right:.3f} |")
    return "\n".join(lines)


def _by_onnx(encoder: Encoder, corpus: Corpus, rows: Sequence[int]) -> Floats:
    return encoder.see(corpus.ids(rows)).logits


if __name__ == "__main__":
    main()
