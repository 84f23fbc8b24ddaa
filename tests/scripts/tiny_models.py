#!/usr/bin/env python3
"""Make tests/data/models: a tiny model with random weights for each way in which texts become vectors, or pairs of texts scores.

Each folder is what sentence-transformers saves, and beside it lies `golden.json`: a handful of texts in both roles, with the
vectors that the reference implementation makes of them. The weights and the vocabulary are our own. Run twice with the same
packages, it writes the same bytes.

    pip install torch transformers sentence-transformers model2vec
    python tests/scripts/tiny_models.py [NAME ...]
"""

import json
import shutil
import string
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from model2vec import StaticModel
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Normalize,
    Pooling,
    StaticEmbedding,
    Transformer,
)
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    NomicBertConfig,
    NomicBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

OUTPUT = Path(__file__).resolve().parent.parent / "data" / "models"
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
# As in the vocabularies of RoBERTa and MPNet, where padding has the id 1.
PADDING_IS_ONE = {
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
CHARACTERS = string.ascii_lowercase + string.digits + ".,:;-()'?"
WORDS = """
the of and to in is that for with by on not are this from an how do does what which we show paper result model
models data search query represent passage sentence document graph neural network star galaxy protein lake storm
quantum heat light memory vector question
""".split()
LENGTH = 40  # tokens that a model reads
HIDDEN = 16

TEXTS = [
    "",
    "a",
    "How do neural networks forget?",
    "Heat of a galaxy: we show that the light of stars (and not the storm) is what matters.",
    "Żółć, naïve Über-models & 東京 🚀 of graph search",
    "The vector of a protein is a question to the lake, " * 12,
]


def tokenizer(special=SPECIAL, **more):
    """A tokenizer of words and characters. `special` has its special tokens by their roles, in the order of their ids."""
    vocabulary = list(special.values()) + list(CHARACTERS) + ["##" + c for c in CHARACTERS] + WORDS
    ids = {token: i for i, token in enumerate(dict.fromkeys(vocabulary))}
    begin, end = special["cls_token"], special["sep_token"]
    made = Tokenizer(models.WordPiece(ids, unk_token=special["unk_token"], max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} $B:1 {end}:1",
        special_tokens=[(token, ids[token]) for token in (begin, end)],
    )
    return PreTrainedTokenizerFast(**{"tokenizer_object": made, "model_max_length": LENGTH, **special, **more})


def randomise(module, seed, std=0.3):
    """Random weights, biases and norms, which are otherwise zero and one: so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(module.named_parameters()):
            weight.normal_(0.0, std, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                weight.add_(1.0)
    return module.eval()


def bert_config(**more):
    return BertConfig(
        vocab_size=len(tokenizer()),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        **more,
    )


def bert(seed):
    return randomise(BertModel(bert_config(), add_pooling_layer=False), seed)


def transformer(network, tokenizer=tokenizer(), length=LENGTH):
    """The module of sentence-transformers around a network."""
    torch.manual_seed(7)  # it adds a pooler, which is not used
    with tempfile.TemporaryDirectory() as folder:
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return Transformer(folder, max_seq_length=length)


def save(model, name):
    """Saves what sentence-transformers saves, without the model card."""
    folder = OUTPUT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save(str(folder), create_model_card=False)
    for needless in ["README.md", "special_tokens_map.json"]:
        (folder / needless).unlink(missing_ok=True)
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)
    return folder


def golden(folder, reference, queries, passages, texts=TEXTS):
    """Writes the vectors of the texts, of length one, in both roles."""
    rows = []
    for role, vectors in [("query", queries), ("passage", passages)]:
        for text, vector in zip(texts, vectors):
            vector = torch.as_tensor(vector, dtype=torch.float64)
            if vector.norm() == 0:
                continue  # a text without a known token has no direction there
            vector = (vector / vector.norm()).tolist()
            vector = "[" + ", ".join(f"{number:.8f}" for number in vector) + "]"
            rows.append(f'{{"role": "{role}", "text": {json.dumps(text)}, "vector": {vector}}}')
    header = json.dumps(reference + ", made by tests/scripts/tiny_models.py")
    text = f'{{"reference": {header},\n"texts": [\n' + ",\n".join(rows) + "\n]}\n"
    (folder / "golden.json").write_text(text, encoding="utf-8", newline="\n")


def packages(*names):
    return ", ".join(f"{name} {version(name)}" for name in names)


def by_sentence_transformers(name, modules, texts=TEXTS, **settings):
    torch.set_num_threads(1)
    model = SentenceTransformer(modules=modules, device="cpu", **settings).eval()
    folder = save(model, name)
    loaded = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    golden(
        folder,
        packages("sentence-transformers", "transformers", "torch"),
        loaded.encode_query(texts, batch_size=1),
        loaded.encode_document(texts, batch_size=1),
        texts,
    )
    return folder


def bert_cls():
    """As bge and snowflake-arctic-embed: the first token, and a prompt for questions."""
    by_sentence_transformers(
        "bert-cls",
        [transformer(bert(1)), Pooling(HIDDEN, "cls"), Normalize()],
        prompts={"query": "Represent this question for search: "},
    )


def bert_dense():
    """As mdbr-leaf-ir, and more: two dense layers, prompts for both roles."""
    dense = [
        randomise(Dense(HIDDEN, 24, bias=True, activation_function=nn.Identity()), 21),
        randomise(Dense(24, 12, bias=False, activation_function=nn.Tanh()), 22),
    ]
    by_sentence_transformers(
        "bert-dense",
        [transformer(bert(2)), Pooling(HIDDEN, "mean"), *dense, Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
    )


def bert_prompt():
    """As the instructor models: the prompt is read, and not pooled; one prompt for all texts."""
    by_sentence_transformers(
        "bert-prompt",
        [transformer(bert(3)), Pooling(HIDDEN, "mean", include_prompt=False)],
        prompts={"all": "represent the sentence: ", "query": "the question: ", "document": "of data: "},
    )


def bert_last():
    """The last token."""
    by_sentence_transformers("bert-last", [transformer(bert(4)), Pooling(HIDDEN, "lasttoken")])


ROLES_MANIFEST = """\
# What the layout of sentence-transformers cannot tell: questions are pooled otherwise than papers.
name = "bert-roles"
description = "a tiny random model"
architecture = "bert"
pooling = "cls"
query_pooling = "mean"
dimension = {hidden}
max_tokens = {length}
"""


def bert_roles():
    """As NoInstruct-small-Embedding-v0, whose authors pool by transformers: questions by the mean, papers by the first token."""
    folder = OUTPUT / "bert-roles"
    shutil.rmtree(folder, ignore_errors=True)
    network = bert(5)
    network.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    for needless in ["tokenizer_config.json", "special_tokens_map.json"]:
        (folder / needless).unlink(missing_ok=True)
    (folder / "model.safetensors").chmod(0o644)
    text = ROLES_MANIFEST.format(hidden=HIDDEN, length=LENGTH)
    (folder / "paperkin.toml").write_text(text, encoding="utf-8", newline="\n")
    states = []
    with torch.no_grad():
        for text in TEXTS:
            fed = tokenizer()(text, return_tensors="pt", truncation=True, max_length=LENGTH)
            states.append(network(fed["input_ids"], fed["attention_mask"]).last_hidden_state[0])
    golden(
        folder,
        packages("transformers", "torch"),
        [state.mean(dim=0) for state in states],
        [state[0] for state in states],
    )


PAIR_MANIFEST = """\
# Papers by the network here, questions by another.
name = "bert-pair"
description = "a tiny random model"
architecture = "bert"
pooling = "mean"
dimension = {hidden}
max_tokens = {length}
queries = "../bert-cls"
"""


def bert_pair():
    """As mdbr-leaf-ir-asym: questions by bert-cls, with its prompt and its pooling."""
    network = bert(6)
    modules = [transformer(network), Pooling(HIDDEN, "mean")]
    folder = by_sentence_transformers("bert-pair", modules)
    text = PAIR_MANIFEST.format(hidden=HIDDEN, length=LENGTH)
    (folder / "paperkin.toml").write_text(text, encoding="utf-8", newline="\n")
    passages = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    queries = SentenceTransformer(str(OUTPUT / "bert-cls"), device="cpu", local_files_only=True)
    golden(
        folder,
        packages("sentence-transformers", "transformers", "torch"),
        queries.encode_query(TEXTS, batch_size=1),
        passages.encode_document(TEXTS, batch_size=1),
    )


def modernbert():
    """As granite-embedding-english-r2 and gte-modernbert: three layers see four tokens to each side, two see all."""
    config = ModernBertConfig(
        vocab_size=len(tokenizer()),
        hidden_size=HIDDEN,
        intermediate_size=24,
        num_hidden_layers=5,
        num_attention_heads=2,
        max_position_embeddings=64,
        local_attention=8,
        global_attn_every_n_layers=3,
        pad_token_id=0,
        bos_token_id=2,
        cls_token_id=2,
        eos_token_id=3,
        sep_token_id=3,
    )
    network = randomise(ModernBertModel(config), 7)
    by_sentence_transformers(
        "modernbert",
        [transformer(network), Pooling(HIDDEN, "mean"), Normalize()],
        prompts={"query": "search_query: ", "document": "search_document: "},
    )


def nomic_bert():
    """As nomic-embed-text-v1.5."""
    config = NomicBertConfig(
        vocab_size=len(tokenizer()),
        hidden_size=HIDDEN,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
    )
    network = randomise(NomicBertModel(config), 8)
    by_sentence_transformers(
        "nomic-bert",
        [transformer(network), Pooling(HIDDEN, "mean"), Normalize()],
        prompts={"query": "search_query: ", "document": "search_document: "},
    )


def mpnet():
    """As all-mpnet-base-v2: positions after that of padding, biases of distances, no segments. The longest text has tokens with
    distances in every bucket. A token of padding in a text does not count for the positions."""
    made = tokenizer(PADDING_IS_ONE, model_max_length=150)
    config = MPNetConfig(
        vocab_size=len(made),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=152,
    )
    network = randomise(MPNetModel(config, add_pooling_layer=False), 12)
    by_sentence_transformers(
        "mpnet",
        [transformer(network, made, 150), Pooling(HIDDEN, "mean"), Normalize()],
        texts=[*TEXTS, "a star <pad> of light <pad>"],
    )


def of_roberta(tokenizer):
    """What the configurations of RoBERTa and XLM-RoBERTa have in common: one segment, positions after that of padding."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": LENGTH + 2,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
    }


def byte_tokenizer():
    """As RoBERTa's: pairs of bytes, merged. A space belongs to the word after it."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("t", "h"), ("th", "e"), ("o", "f"), ("Ġ", "the"), ("Ġ", "of"), ("Ġ", "a"), ("a", "r"), ("s", "t")]
    vocabulary = [*list(PADDING_IS_ONE.values())[:-1], *alphabet, *("".join(pair) for pair in merges), "<mask>"]
    ids = {token: i for i, token in enumerate(vocabulary)}
    made = Tokenizer(models.BPE(ids, merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.RobertaProcessing(
        ("</s>", ids["</s>"]), ("<s>", ids["<s>"]), trim_offsets=True, add_prefix_space=False
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=LENGTH, **PADDING_IS_ONE)


def piece_tokenizer():
    """As XLM-RoBERTa's: the likeliest pieces by SentencePiece's unigram model. A space is the beginning of the word after it."""
    pieces = [(f"▁{word}", -2.0 - place / 50) for place, word in enumerate(dict.fromkeys(WORDS))]
    characters = [(character, -6.0) for character in "▁" + CHARACTERS + "Hż"]
    special = [(token, 0.0) for token in list(PADDING_IS_ONE.values())[:-1]]
    made = Tokenizer(models.Unigram([*special, *pieces, *characters, ("<mask>", 0.0)], unk_id=3))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=LENGTH, **PADDING_IS_ONE)


def roberta():
    """As all-distilroberta-v1."""
    made = byte_tokenizer()
    network = randomise(RobertaModel(RobertaConfig(**of_roberta(made)), add_pooling_layer=False), 13)
    modules = [transformer(network, made), Pooling(HIDDEN, "mean"), Normalize()]
    by_sentence_transformers("roberta", modules, texts=[*TEXTS, "a star <pad> of light <pad>"])


def xlm_roberta():
    """As multilingual-e5-base."""
    made = piece_tokenizer()
    network = randomise(XLMRobertaModel(XLMRobertaConfig(**of_roberta(made)), add_pooling_layer=False), 14)
    by_sentence_transformers(
        "xlm-roberta",
        [transformer(network, made), Pooling(HIDDEN, "mean"), Normalize()],
        texts=[*TEXTS, "a star <pad> of light <pad>"],
        prompts={"query": "query: ", "document": "passage: "},
    )


def distilbert():
    """As multi-qa-distilbert-cos-v1."""
    config = DistilBertConfig(
        vocab_size=len(tokenizer()), dim=HIDDEN, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=64
    )
    network = randomise(DistilBertModel(config), 15)
    by_sentence_transformers("distilbert", [transformer(network), Pooling(HIDDEN, "mean"), Normalize()])


def table(rows, width, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.empty(rows, width).normal_(0.0, 1.0, generator=generator)


def static():
    """As static-retrieval-mrl-en-v1: a vector for each token, and no network."""
    weights = table(len(tokenizer()), 12, 9).numpy()
    by_sentence_transformers("static", [StaticEmbedding(tokenizer(), embedding_weights=weights)])


def model2vec():
    """As the models of model2vec: tokens share rows, and each has a weight; unknown ones are left out."""
    size = len(tokenizer())
    generator = torch.Generator().manual_seed(11)
    model = StaticModel(
        table(50, 12, 10).numpy(),
        tokenizer()._tokenizer,
        normalize=True,
        weights=torch.rand(size, generator=generator).numpy(),
        token_mapping=torch.randint(50, (size,), generator=generator).numpy(),
    )
    folder = OUTPUT / "model2vec"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for needless in ["README.md"]:
        (folder / needless).unlink(missing_ok=True)
    loaded = StaticModel.from_pretrained(folder)
    vectors = loaded.encode(TEXTS)
    golden(folder, packages("model2vec"), vectors, vectors)


def cross_encoder(name, seed, activation):
    torch.set_num_threads(1)
    network = randomise(BertForSequenceClassification(bert_config(num_labels=1)), seed)
    with tempfile.TemporaryDirectory() as folder:
        network.save_pretrained(folder)
        # As BERT's own tokenizer does, it tells the network which of two texts a token is from.
        inputs = ["input_ids", "token_type_ids", "attention_mask"]
        tokenizer(model_input_names=inputs).save_pretrained(folder)
        model = CrossEncoder(folder, max_length=LENGTH, activation_fn=activation, device="cpu", local_files_only=True)
    folder = save(model, name)
    loaded = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    rows = []
    for question in TEXTS:
        for text in TEXTS:
            score = float(loaded.predict([(question, text)], batch_size=1)[0])
            rows.append(f'{{"question": {json.dumps(question)}, "text": {json.dumps(text)}, "score": {score:.8f}}}')
    reference = packages("sentence-transformers", "transformers", "torch") + ", made by tests/scripts/tiny_models.py"
    text = f'{{"reference": {json.dumps(reference)},\n"pairs": [\n' + ",\n".join(rows) + "\n]}\n"
    (folder / "golden_scores.json").write_text(text, encoding="utf-8", newline="\n")


def cross_encoder_logit():
    """As ms-marco-MiniLM-L6-v2: reads a question and a text at once, and gives a number without bounds."""
    cross_encoder("cross-encoder-logit", 31, nn.Identity())


def cross_encoder_sigmoid():
    """As the cross-encoders that say nothing of that: a number from 0 to 1."""
    cross_encoder("cross-encoder-sigmoid", 32, nn.Sigmoid())


MAKERS = [
    bert_cls,
    bert_dense,
    bert_prompt,
    bert_last,
    bert_roles,
    bert_pair,
    modernbert,
    nomic_bert,
    mpnet,
    roberta,
    xlm_roberta,
    distilbert,
    static,
    model2vec,
    cross_encoder_logit,
    cross_encoder_sigmoid,
]


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for maker in MAKERS:
        name = maker.__name__.replace("_", "-")
        if not sys.argv[1:] or name in sys.argv[1:]:
            maker()
            print(name)


if __name__ == "__main__":
    main()
