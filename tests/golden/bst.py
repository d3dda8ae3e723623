"""Writes bst.json: very small BST and WDL models with scores, loss and gradients, computed by PyTorch.

Run `python tests/golden/bst.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Three users, of whom one has chosen nothing before, and six items with a category and tags. Each pair of a user and an item is
computed by itself, heads one after the other, from the formulas of the paper. PyTorch computes in double precision from values
that single precision holds exactly.
"""

import json
import math
import pathlib

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, layer_norm, leaky_relu

CATEGORIES = [0, 1, 2, 1, 0, 2]
TAGS = [[0, 2], [1], [], [3, 0, 1], [2], [1, 3]]
COUNTRIES = [1, 0, 1]
HISTORIES = [[0, 3, 1], [], [2, 4, 3, 5]]
TIMES = [[10, 700, 990], [], [100, 5000, 5100, 9000]]
NOW = [1000, 50, 9000]
# Each user with two items: the first is taken.
PAIRS = [[2, 5], [0, 4], [1, 3]]
PLACES, DIM, WIDTH, HIDDEN = 5, 3, 2, 4
torch.set_default_dtype(torch.float64)


def random(*shape, scale=0.7):
    return (scale * torch.randn(*shape)).float().double().requires_grad_()


def case(seed, **given):
    settings = {"kind": "bst", "blocks": 1, "heads": 2, "head_dim": 3, "readout": "flatten", "sequence": True, **given}
    torch.manual_seed(seed)
    bst = settings["kind"] == "bst"
    item_width = DIM + 2 * WIDTH
    row = item_width + WIDTH
    params = {
        "item.id": random(6, DIM), "item.category": random(3, WIDTH), "item.tags": random(4, WIDTH),
        "user.country": random(2, WIDTH),
        "cross.country_category": random(6, WIDTH), "cross.country_tags": random(8, WIDTH),
    }
    read = 0
    if bst:
        params["position"] = random(32, WIDTH)
        inner = settings["heads"] * settings["head_dim"]
        for block in range(1, settings["blocks"] + 1):
            name = f"block{block}"
            for part in ["query", "key", "value"]:
                params[f"{name}.{part}"] = random(row, inner, scale=0.4)
            params[f"{name}.output"] = random(inner, row, scale=0.4)
            for place in [1, 2]:
                params[f"{name}.gain{place}"] = random(1, row)
                params[f"{name}.shift{place}"] = random(1, row)
            params.update({
                f"{name}.inner": random(row, row, scale=0.4), f"{name}.inner_bias": random(1, row),
                f"{name}.outer": random(row, row, scale=0.4), f"{name}.outer_bias": random(1, row),
            })
        read = PLACES * row if settings["readout"] == "flatten" else row
    else:
        read = item_width if settings["sequence"] else 0
        params.update({"wide.item": random(6, 1), "wide.country_category": random(6, 1), "wide.country_tags": random(8, 1)})
    width = item_width + 3 * WIDTH + read
    params.update({
        "head.weight0": random(width, HIDDEN, scale=0.3), "head.bias0": random(1, HIDDEN),
        "head.weight1": random(HIDDEN, 1), "head.bias1": random(1, 1),
    })

    def mean(table, rows):
        return table[rows].mean(0) if rows else torch.zeros(table.shape[1])

    def item(i):
        return torch.cat([params["item.id"][i], params["item.category"][CATEGORIES[i]], mean(params["item.tags"], TAGS[i])])

    def crosses(side, u, i):
        country = COUNTRIES[u]
        category = params[f"{side}.country_category"][country * 3 + CATEGORIES[i]]
        return [category, mean(params[f"{side}.country_tags"], [country * 4 + tag for tag in TAGS[i]])]

    def transformer(u, target):
        rows = []
        for clicked, time in zip(HISTORIES[u], TIMES[u]):
            gap = NOW[u] - time
            if gap > 0:
                rows.append(torch.cat([item(clicked), params["position"][min(int(math.log2(1 + gap)), 31)]]))
        rows.append(torch.cat([item(target), params["position"][0]]))
        e = torch.stack(rows)
        for block in range(1, settings["blocks"] + 1):
            p = lambda part: params[f"block{block}.{part}"]
            heads, w = [], settings["head_dim"]
            for head in range(settings["heads"]):
                of = slice(head * w, (head + 1) * w)
                q, k, v = [e @ p(part)[:, of] for part in ["query", "key", "value"]]
                heads.append(torch.softmax(q @ k.T / math.sqrt(w), 1) @ v)
            s = torch.cat(heads, 1) @ p("output")
            norm = lambda x, place: layer_norm(x, (row,), p(f"gain{place}")[0], p(f"shift{place}")[0], 1e-5)
            s = norm(e + s, 1)
            f = leaky_relu(s @ p("inner") + p("inner_bias"), 0.01) @ p("outer") + p("outer_bias")
            e = norm(s + f, 2)
        if settings["readout"] == "target":
            return e[-1]
        if settings["readout"] == "mean":
            return e.mean(0)
        return torch.cat([torch.zeros(PLACES - len(e), row), e]).flatten()

    def score(u, i):
        x = [params["user.country"][COUNTRIES[u]], item(i), *crosses("cross", u, i)]
        if bst:
            x.append(transformer(u, i))
        elif settings["sequence"]:
            clicks = [item(c) for c, time in zip(HISTORIES[u], TIMES[u]) if time < NOW[u]]
            x.append(torch.stack(clicks).mean(0) if clicks else torch.zeros(item_width))
        hidden = leaky_relu(torch.cat(x) @ params["head.weight0"] + params["head.bias0"][0], 0.01)
        logit = hidden @ params["head.weight1"] + params["head.bias1"][0]
        if not bst:
            logit = logit + params["wide.item"][i] + sum(crosses("wide", u, i))
        return logit

    scores = torch.cat([score(u, i) for u in range(3) for i in PAIRS[u]])
    taken = torch.tensor([1.0, 0.0] * 3)
    loss = binary_cross_entropy_with_logits(scores, taken)
    loss.backward()
    learnt = {
        name: {
            "values": value.detach().flatten().tolist(),
            "gradient": (torch.zeros_like(value) if value.grad is None else value.grad).flatten().tolist(),
        }
        for name, value in params.items()
    }
    return {"settings": settings, "scores": scores.detach().tolist(), "loss": loss.item(), "params": learnt}


cases = [
    case(1), case(2, readout="target"), case(3, readout="mean", heads=1, head_dim=4), case(4, blocks=2, readout="target"),
    case(5, blocks=2), case(6, kind="wdl"), case(7, kind="wdl", sequence=False),
]
data = {
    "categories": CATEGORIES, "tags": TAGS, "countries": COUNTRIES, "histories": HISTORIES, "times": TIMES, "now": NOW,
    "pairs": PAIRS, "places": PLACES, "cases": cases,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(data) + "\n")
