"""What the encoder costs, beside sentence-transformers: cold start, memory, latency."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from knowledge_base.encoder_export import find_model

REPEATS = 5

COLD = """
import time; began = time.perf_counter()
import sys, psutil
{load}
encode("warm up"); ready = time.perf_counter() - began
short, long = "vpn does not connect since the update, error 0x800704cf, restarted twice", "printer jams " * 40
def median(text):
    times = []
    for _ in range(30):
        start = time.perf_counter(); encode(text); times.append(time.perf_counter() - start)
    return sorted(times)[15] * 1000
print(ready, psutil.Process().memory_info().rss / 2**20, median(short), median(long))
"""
ENGINES = {
    "Deskhand (ONNX Runtime, int8)": "from pathlib import Path\nfrom knowledge_base.embedding import Encoder\n"
    "encode = Encoder.open(Path(sys.argv[1])).encode_question",
    "sentence-transformers (torch, fp32)": "import torch; torch.set_num_threads(1)\n"
    "from sentence_transformers import SentenceTransformer\n"
    "encode = SentenceTransformer(sys.argv[2], device='cpu').encode",
}


def engines(folder: Path) -> dict[str, list[list[float]]]:
    """For each engine and repeat: seconds to the first vector, MiB, ms for a short and for a long text; one thread."""
    measured: dict[str, list[list[float]]] = {name: [] for name in ENGINES}
    for _ in range(REPEATS):
        for name, load in ENGINES.items():
            command = [sys.executable, "-c", COLD.format(load=load), str(folder), str(find_model(None))]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            measured[name].append([float(value) for value in done.stdout.split()])
    return measured


def table(measured: Mapping[str, list[list[float]]]) -> list[str]:
    ours, theirs = measured.values()
    lines = [
        f"### Encoder: one thread, {REPEATS} cold starts of each in turn",
        "",
        "| | " + " | ".join(measured) + " | theirs / ours, median (least – most) |",
        "|---|---|---|---|",
    ]
    for at, name in enumerate(("first vector, s", "memory, MiB", "short question p50, ms", "long question p50, ms")):
        ratios = sorted(their[at] / our[at] for our, their in zip(ours, theirs, strict=True))
        medians = [statistics.median(row[at] for row in rows) for rows in (ours, theirs)]
        spread = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} – {ratios[-1]:.1f})"
        lines.append(f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {spread} |")
    return lines
