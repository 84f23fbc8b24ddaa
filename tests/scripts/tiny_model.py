#!/usr/bin/env python3
"""Make tests/data/tiny-bert: a tiny BERT with random weights, for tests without a real model.

Same layout, architecture and kind of tokenizer as all-MiniLM-L6-v2, but a few hundred
kilobytes small and entirely our own: the vocabulary stands below, and the weights come from
a seeded generator. Run twice with the same packages, it writes the same bytes.

    pip install torch transformers tokenizers
    python tests/scripts/tiny_model.py [OUTPUT_DIR]

Then make its golden vectors again with golden_vectors.py, which says how.
"""

import argparse
import json
import string
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

OUTPUT = Path(__file__).resolve().parent.parent / "data" / "tiny-bert"
SEED = 20260
STD = 0.3
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHARACTERS = string.ascii_lowercase + string.digits + string.punctuation

WORDS = """
the of and to in is that for it as was with be by on not are this from or an have but at were
which they we has had been their its one more than can our all when if also into other some only
these two may then first any new such no there use used most between over each both after where
many same under about how what who why do does did will would could should must us you your he
she his her them so up out through during before while because since until without within among
against above below less few several every using based given show shows shown find found study
studies studied paper work results result method methods model models data set sets analysis
theory problem problems system systems approach present propose proposed new general large small
high low long short time times rate rates number numbers value values order case cases number
function functions space field fields energy mass force light heat water ice soil sea lake lakes
river storm storms rain climate carbon metal salt gas plasma star stars galaxy planet orbit
gravity quantum spin magnetic electric thermal optical surface layer layers crystal lattice
particle particles neutron electron atom atoms molecule molecules protein proteins cell cells
gene genes rna dna bacteria virus plant plants animal animals species brain neuron neurons memory
drug disease patient patients clinical trial enzyme peptide zinc graph graphs matching tree trees
network networks learning training deep neural language text texts word words document documents
query search index vector vectors embedding nearest neighbour image images signal noise filter
algorithm algorithms random process statistical probability bound bounds proof theorem lemma
linear matrix sum limit error errors measure measured measurement measurements experiment sample
samples test tests recall precision cost fast slow high temperature pressure density velocity flow
wave waves frequency power self open hard simple complex strong weak early late year years day
century human social economic market policy risk code software hardware machine machines
""".split()
PIECES = "s ed ing er ly al ic ion tion ment ness able ity ous ive ism ist ology graph synthesis".split()


def make_tokenizer():
    tokens = SPECIAL + list(CHARACTERS) + ["##" + c for c in CHARACTERS] + WORDS
    tokens += ["##" + piece for piece in PIECES]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}

    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocab[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens(SPECIAL)
    # A trap, as in all-MiniLM-L6-v2 (128 and 128 there): whoever loads this must override both.
    tokenizer.enable_truncation(max_length=16)
    tokenizer.enable_padding(length=16, pad_id=vocab["[PAD]"], pad_token="[PAD]")
    return tokenizer


def make_model(vocab_size):
    config = BertConfig(
        vocab_size=vocab_size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=STD,
        pad_token_id=0,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    # Biases and layer norms too, which BERT leaves at zero and one, so that a forgotten one shows.
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            weight.normal_(0.0, STD, generator=generator)
            if name.endswith("LayerNorm.weight"):
                weight.add_(1.0)
            # The feed-forward part adds nearly the same to every text: less of it, so that
            # the vectors of different texts differ well.
            if name.endswith("output.dense.weight") and "attention" not in name:
                weight.mul_(0.3)
    return model


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8", newline="\n")


README = """\
# tiny-bert

A BERT sentence encoder with random weights, for tests. It has learnt nothing: its vectors
mean nothing, they only have to be the right ones.

It is this project's own work, weights and vocabulary included, under the project's licence.
`tests/scripts/tiny_model.py` makes every file here, this one too: change that script, not
these files. The layout is that of sentence-transformers:

- {dimension} dimensions, {layers} layers, {heads} heads, {positions} positions, {vocab} tokens;
- mean pooling, vectors of length one, texts cut at 64 tokens.

`tokenizer.json` asks for truncation and padding to 16 tokens. That is deliberate, a loader has
to override both. Biases and layer norms are random too, so that a forgotten one shows.

The vectors to compare with are in `tests/data/golden/tiny-bert.json`.
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", metavar="OUTPUT_DIR", type=Path, nargs="?", default=OUTPUT)
    output = parser.parse_args().output

    output.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    tokenizer.save(str(output / "tokenizer.json"))
    model = make_model(tokenizer.get_vocab_size())
    model.save_pretrained(output)
    (output / "model.safetensors").chmod(0o644)

    modules = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    write_json(
        output / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(modules)
        ],
    )
    config = model.config
    write_json(
        output / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": config.hidden_size,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    )
    write_json(output / "sentence_bert_config.json", {"max_seq_length": 64})
    readme = README.format(
        dimension=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        positions=config.max_position_embeddings,
        vocab=config.vocab_size,
    )
    (output / "README.md").write_text(readme, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
