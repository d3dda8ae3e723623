"""Writes dhe.json: very small deep hash embeddings with codes, vectors, loss and gradients, computed by PyTorch.

Run `python tests/golden/dhe.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Five ids, one of them twice, are looked up in one step: batch norm goes by the four different ones. The loss is the sum of the
vectors, each number times a given one. PyTorch computes in double precision from values that single precision holds exactly.
"""

import json
import math
import pathlib

import torch
from torch.nn.functional import batch_norm, mish, relu

PRIME, VALUES = 2**31 - 1, 1_000_000
IDS = [12, 7, 99_999, 7, 3_000_000_000]
WORDS = {12: [0, 2], 7: [1]}
CODES, WIDTH, DIM = 6, 5, 3
torch.set_default_dtype(torch.float64)


def random(*shape, scale=0.6):
    return (scale * torch.randn(*shape)).float().double().requires_grad_()


def scattered(number):
    s = number & PRIME
    s ^= s >> 16
    s = (s * 0x85EBCA6B) & PRIME
    s ^= s >> 13
    s = (s * 0xC2B2AE35) & PRIME
    return s ^ (s >> 16)


def code(number, hashes, kind):
    drawn = [((a * scattered(number) + b) % PRIME) % VALUES for a, b in hashes]
    if kind == "uniform":
        return [2 * (x / (VALUES - 1)) - 1 for x in drawn]
    out = []
    for first, second in zip(drawn[::2], drawn[1::2]):
        radius = math.sqrt(-2 * math.log((first + 1) / VALUES))
        angle = 2 * math.pi * (second + 1) / VALUES
        out += [radius * math.cos(angle), radius * math.sin(angle)]
    return out


def case(seed, **given):
    settings = {"code": "uniform", "layers": 2, "activation": "mish", "batch_norm": True, "side_features": False, **given}
    generator = torch.manual_seed(seed)
    hashes = torch.randint(1, PRIME, (CODES, 2), generator=generator).tolist()
    columns = CODES + (3 if settings["side_features"] else 0)
    params = {}
    for layer in range(settings["layers"]):
        params[f"ids.weight{layer}"] = random(columns, WIDTH)
        params[f"ids.bias{layer}"] = random(1, WIDTH)
        if settings["batch_norm"]:
            params[f"ids.gain{layer}"] = random(1, WIDTH)
        columns = WIDTH
    params["ids.weight"] = random(WIDTH, DIM)
    params["ids.bias"] = random(1, DIM)
    weights = torch.randn(len(IDS), DIM).float().double()

    different = sorted(set(IDS))
    codes = [code(number, hashes, settings["code"]) for number in different]
    rows = [
        x + ([1.0 if word in WORDS.get(number, []) else 0.0 for word in range(3)] if settings["side_features"] else [])
        for number, x in zip(different, codes)
    ]
    x = torch.tensor(rows)
    for layer in range(settings["layers"]):
        weight, bias = params[f"ids.weight{layer}"], params[f"ids.bias{layer}"]
        if settings["batch_norm"]:
            gain = params[f"ids.gain{layer}"]
            x = batch_norm(x @ weight, None, None, gain[0], bias[0], training=True)
        else:
            x = x @ weight + bias
        x = mish(x) if settings["activation"] == "mish" else relu(x)
    x = x @ params["ids.weight"] + params["ids.bias"]
    vectors = x[[different.index(number) for number in IDS]]
    loss = (vectors * weights).sum()
    loss.backward()
    flat = lambda tensor: [float(f"{value:.9g}") for value in tensor.flatten().tolist()]
    return {
        "settings": settings,
        "hashes": hashes,
        "codes": [[float(f"{value:.9g}") for value in row] for row in codes],
        "weights": flat(weights),
        "vectors": flat(vectors),
        "loss": float(loss),
        "params": {name: {"values": flat(value), "gradient": flat(value.grad)} for name, value in params.items()},
    }


cases = [
    case(1),
    case(2, code="gaussian", layers=1),
    case(3, activation="relu"),
    case(4, batch_norm=False),
    case(5, batch_norm=False, activation="relu", side_features=True),
    case(6, side_features=True, layers=3),
]
golden = {
    "ids": IDS,
    "words": [WORDS.get(number, []) for number in range(13)],
    "codes": CODES,
    "width": WIDTH,
    "dim": DIM,
    "cases": cases,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
