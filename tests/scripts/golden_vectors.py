#!/usr/bin/env python3
"""Regenerate the golden vectors: the reference embeddings our own code must reproduce.

Embeds tests/data/golden/texts.json with sentence-transformers, one text at a time, in f32
on one CPU thread. Run twice with the same packages, it writes the same bytes.

Install (the versions last used stand in the header of each golden file):

    pip install "sentence-transformers>=6" numpy

Run from the repository root. MODEL_DIR is a folder in sentence-transformers layout
(config.json, model.safetensors, tokenizer.json, modules.json, 1_Pooling/config.json):

    python tests/scripts/golden_vectors.py MODEL_DIR \\
        tests/data/golden/all-minilm-l6-v2.json
    python tests/scripts/golden_vectors.py --max-tokens 64 tests/data/tiny-bert \\
        tests/data/golden/tiny-bert.json
"""

import argparse
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

TEXTS = Path(__file__).resolve().parent.parent / "data" / "golden" / "texts.json"
PACKAGES = ["sentence-transformers", "transformers", "tokenizers", "torch", "numpy"]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_tokens(model, model_dir, texts, max_tokens):
    """Fail unless the model is fed exactly what tokenizer.json says, cut at max_tokens."""
    plain = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    plain.no_padding()
    plain.enable_truncation(max_tokens)
    for text in texts:
        fed = model.preprocess([text])
        if fed["input_ids"].tolist() != [plain.encode(text).ids]:
            raise SystemExit(f"tokens differ from tokenizer.json for {text[:60]!r}")
        if not fed["attention_mask"].all():
            raise SystemExit(f"padding in the tokens of {text[:60]!r}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model_dir", metavar="MODEL_DIR", type=Path)
    parser.add_argument("output", metavar="OUTPUT", type=Path)
    parser.add_argument("--max-tokens", type=int, default=256)
    args = parser.parse_args()

    torch.set_num_threads(1)
    model = SentenceTransformer(
        str(args.model_dir),
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.float32},
    )
    model.max_seq_length = args.max_tokens
    texts = [item["text"] for item in json.loads(TEXTS.read_text(encoding="utf-8"))]
    check_tokens(model, args.model_dir, texts, args.max_tokens)
    vectors = model.encode(
        texts, batch_size=1, normalize_embeddings=True, show_progress_bar=False
    )

    header = {
        "about": "Embeddings of the texts of texts.json, in their order, made by "
        "tests/scripts/golden_vectors.py with sentence-transformers on a CPU.",
        "model": args.output.stem,
        "model_sha256": sha256(args.model_dir / "model.safetensors"),
        "tokenizer_sha256": sha256(args.model_dir / "tokenizer.json"),
        "texts_sha256": sha256(TEXTS),
        "max_tokens": args.max_tokens,
    }
    for package in PACKAGES:
        header[package.replace("-", "_")] = version(package)
    header["python"] = platform.python_version()

    rows = ["[" + ", ".join(f"{x:.9g}" for x in vector) + "]" for vector in vectors]
    text = (
        '{"header": ' + json.dumps(header, indent=2)
        + f',\n"dimension": {vectors.shape[1]},\n"vectors": [\n' + ",\n".join(rows) + "\n]}\n"
    )
    args.output.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
