"""A small encoder, for tests in which it does not matter how good it is."""

import shutil
import warnings
from pathlib import Path

from knowledge_base.encoder_export import WEIGHTS, export, file_sha256, find_model, folder_name


def tiny_model(folder: Path) -> Path:
    """A model of MiniLM's build and with its tokenizer, but with two small layers and random weights."""
    import torch
    from transformers import BertConfig, BertModel

    model = folder / "tiny"
    shutil.copytree(find_model(None), model, ignore=shutil.ignore_patterns("model.safetensors", "*.py*"))
    torch.manual_seed(0)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config, add_pooling_layer=False).save_pretrained(model)
    return model


def exported_here(model: Path, cache: Path) -> Path:
    """What `ensure_encoder` gives, exported in this process: another one would load torch for five seconds first."""
    digest = file_sha256(model / WEIGHTS)
    target = cache / folder_name(digest)
    if not target.exists():
        target.mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about torch's exporter: a process of its own shows them to nobody
            export(model, target, digest)
    return target
