"""Writes autodis.json: two fields of numbers as vectors by AutoDis, with every gradient, computed by PyTorch.

Run `python tests/golden/autodis.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Seven rows, of which two do not occur in training and lie outside its range, and some values are missing. Each value is
computed by itself from the formulas of the paper; the mean and the distribution that the temperature network is told are
those of training, each row as often as it occurs. PyTorch computes in double precision from values that single precision
holds exactly.
"""

import json
import math
import pathlib

import torch
from torch.nn.functional import leaky_relu

FIELDS = {
    "price": [4.0, 1.5, math.nan, 8.25, 3.0, -2.0, 11.0],
    "year": [1990.0, 2004.0, 1971.0, math.nan, 2004.0, 1950.0, 2020.0],
}
OCCURRENCES = [2, 1, 3, 1, 4, 0, 0]
ROWS = [0, 1, 2, 3, 4, 5, 6, 4]
WIDTH, PLACES, HIDDEN = 3, 8, 16
torch.set_default_dtype(torch.float64)


def random(*shape, scale=0.7):
    return (scale * torch.randn(*shape)).float().double().requires_grad_()


def seen(values):
    """The values of training, each as often as it occurs."""
    return [v for v, n in zip(values, OCCURRENCES) for _ in range(n) if not math.isnan(v)]


def below(values, x):
    """Share of training below x, straight lines between its values."""
    known = sorted(set(values))
    share = lambda v: sum(w < v for w in values) / len(values)
    if x < known[0]:
        return 0.0
    if x >= known[-1]:
        return share(known[-1])
    low = max(v for v in known if v <= x)
    high = min(v for v in known if v > x)
    return share(low) + (share(high) - share(low)) * (x - low) / (high - low)


def case(seed, **given):
    settings = {
        "bins": 4, "skip": 0.5, "bias": False, "temperature": 0.5, "adaptive": False, "band": 0.5,
        "aggregation": "weighted_average", "top": 2, **given,
    }
    torch.manual_seed(seed)
    h = settings["bins"]
    params = {}
    if settings["adaptive"]:
        params["item.numbers.temperature1"] = random(PLACES + 2, HIDDEN)
        params["item.numbers.temperature2"] = random(HIDDEN, 1)
    for name in FIELDS:
        params[f"item.{name}.meta"] = random(h + 1, WIDTH)
        params[f"item.{name}.first"] = random(1, h)
        params[f"item.{name}.second"] = random(h, h)
        if settings["bias"]:
            params[f"item.{name}.first_bias"] = random(1, h)
            params[f"item.{name}.second_bias"] = random(1, h)

    def encode(name, value):
        p = lambda part: params[f"item.{name}.{part}"]
        if math.isnan(value):
            return p("meta")[h]
        training = seen(FIELDS[name])
        low, high = min(training), max(training)
        x = min(max((value - low) / (high - low), 0.0), 1.0)
        hidden = x * p("first")[0]
        if settings["bias"]:
            hidden = hidden + p("first_bias")[0]
        hidden = leaky_relu(hidden, 0.01)
        scores = hidden @ p("second") + settings["skip"] * hidden
        if settings["bias"]:
            scores = scores + p("second_bias")[0]
        if settings["aggregation"] != "weighted_average":
            best = settings["top"] if settings["aggregation"] == "top_k_sum" else 1
            return p("meta")[:h][scores.topk(best).indices].sum(0)
        temperature = settings["temperature"]
        if settings["adaptive"]:
            mean = sum((v - low) / (high - low) for v in training) / len(training)
            places = [below(training, low + (high - low) * k / (PLACES + 1)) for k in range(1, PLACES + 1)]
            told = torch.tensor([mean, *places, x])
            hidden = leaky_relu(told @ params["item.numbers.temperature1"], 0.01)
            gate = torch.sigmoid(hidden @ params["item.numbers.temperature2"])
            temperature = temperature + settings["band"] * temperature * (2 * gate - 1)
        return torch.softmax(scores / temperature, 0) @ p("meta")[:h]

    vectors = [torch.stack([encode(name, values[row]) for row in ROWS]) for name, values in FIELDS.items()]
    weights = random(len(ROWS), WIDTH).detach()
    loss = sum((vector * weights).sum() for vector in vectors)
    loss.backward()
    learnt = {
        name: {
            "values": value.detach().flatten().tolist(),
            "gradient": (torch.zeros_like(value) if value.grad is None else value.grad).flatten().tolist(),
        }
        for name, value in params.items()
    }
    return {
        "settings": settings, "vectors": [vector.detach().flatten().tolist() for vector in vectors],
        "weights": weights.flatten().tolist(), "params": learnt,
    }


cases = [
    case(1), case(2, bias=True), case(3, skip=0, temperature=0.1, bins=6), case(4, adaptive=True),
    case(5, adaptive=True, bias=True, band=0.9, temperature=0.3), case(6, aggregation="top_k_sum", bias=True),
    case(7, aggregation="max_pooling", bias=True), case(8, bins=1),
]
data = {
    "fields": {name: [None if math.isnan(v) else v for v in values] for name, values in FIELDS.items()},
    "occurrences": OCCURRENCES, "rows": ROWS, "cases": cases,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(data) + "\n")
