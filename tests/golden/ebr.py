"""Writes ebr.json: queries, documents, loss and gradients of very small EBR models, computed by PyTorch.

Run `python tests/golden/ebr.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

The world is that of mgdspr.py: titles of which one is empty, a category, tags with an item that has none, users without
history or query. Of each user the last event is asked for. Cases: everything with separate towers, shared text tables,
texts alone. PyTorch computes in double precision from values that single precision holds exactly.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)

WIDTH, TEXT, FEATURE, HIDDEN, BUCKETS = 4, 3, 2, 5, 16
WORLD = json.loads(pathlib.Path(__file__).with_name("mgdspr.json").read_text())
TITLES, SHELVES, TAGS, USERS = (WORLD[key] for key in ("titles", "shelves", "tags", "users"))


def row(part):
    value = 0xCBF29CE484222325
    for byte in part:
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return (value ^ value >> 32) % 2**32 % BUCKETS


def trigrams(text):
    bordered = [f"\0{word}\0" for word in text.lower().split()]
    return [row(b"\x03" + word[i : i + 3].encode("utf-32-le")) for word in bordered for i in range(len(word) - 2)]


def words(text):
    found = [word.encode() + b" " for word in text.lower().split()]
    return [row(b"\x04" + word) for word in found] + [row(b"\x05" + a + b) for a, b in zip(found, found[1:])]


def pooled(table, ids, pooling):
    if not ids:
        return torch.zeros(table.shape[1])
    factor = {"mean": 1 / len(ids), "sum": 1, "sqrt_n": len(ids) ** -0.5}[pooling]
    return table[ids].sum(0) * factor


def case(text, towers, word_ngrams, pooling):
    unified, shared = text == "unified", towers == "shared_text"
    params = {}

    def random(name, *shape):
        params[name] = (torch.randn(*shape) * 0.7).float().double().requires_grad_()

    kinds = ["trigrams", "words"] if word_ngrams else ["trigrams"]
    for kind in kinds:
        for side in ["query"] if shared else ["query", "title"]:
            random(f"{side}.{kind}", BUCKETS, TEXT)
    if unified:
        random("item.shelf", 3, FEATURE)
        random("item.tags", 3, FEATURE)
        random("item.id", len(TITLES), WIDTH)
    known = {"query": WIDTH, "document": WIDTH + 2 * FEATURE}
    for side in ("query", "document"):
        random(f"{side}.weight0", TEXT * len(kinds) + (known[side] if unified else 0), HIDDEN)
        random(f"{side}.bias0", 1, HIDDEN)
        random(f"{side}.weight1", HIDDEN, WIDTH)
        random(f"{side}.bias1", 1, WIDTH)

    def texts(side, string):
        side = "query" if shared else side
        parts = {"trigrams": trigrams, "words": words}
        return [pooled(params[f"{side}.{kind}"], parts[kind](string), pooling) for kind in kinds]

    def tower(side, rows):
        inner = torch.relu(torch.stack(rows) @ params[f"{side}.weight0"] + params[f"{side}.bias0"])
        return F.normalize(inner @ params[f"{side}.weight1"] + params[f"{side}.bias1"], dim=1)

    queries, documents = [], []
    for user in USERS:
        parts = texts("query", user["queries"][-1])
        if unified:
            parts.append(pooled(params["item.id"], user["items"][:-1], pooling))
        queries.append(torch.cat(parts))
    for item, title in enumerate(TITLES):
        parts = texts("title", title)
        if unified:
            parts.append(params["item.id"][item])
            parts.append(pooled(params["item.shelf"], [SHELVES[item]], pooling))
            parts.append(pooled(params["item.tags"], TAGS[item], pooling))
        documents.append(torch.cat(parts))
    queries, documents = tower("query", queries), tower("document", documents)
    positives = torch.tensor([user["items"][-1] for user in USERS])
    loss = F.cross_entropy(queries @ documents.T / 0.5, positives)
    loss.backward()

    def written(tensor):
        return tensor.detach().flatten().tolist()

    return {
        "settings": {"text": text, "towers": towers, "word_ngrams": word_ngrams, "pooling": pooling},
        "queries": written(queries),
        "documents": written(documents),
        "loss": loss.item(),
        "params": {
            name: {"values": written(value), "gradient": written(value.grad)} for name, value in params.items()
        },
    }


CASES = [
    case("unified", "separate", True, "mean"),
    case("unified", "shared_text", True, "sum"),
    case("text_only", "separate", False, "sqrt_n"),
]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(CASES) + "\n")
