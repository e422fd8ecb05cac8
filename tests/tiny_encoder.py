"""A small encoder, for tests in which it does not matter how good it is."""

import shutil
from pathlib import Path

from knowledge_base.encoder_export import find_model


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
