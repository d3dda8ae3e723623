"""Writes deepfm.json: very small DeepFM models with log-odds, loss and gradients, computed by PyTorch.

Run `python tests/golden/deepfm.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Two sides: three users with an id and a country, four items with an id and tags. The second order of the factorisation machine
is the sum over every pair of fields, one after the other. PyTorch computes in double precision from values that single
precision holds exactly.
"""

import json
import pathlib

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

COUNTRIES = [1, 0, 1]
TAGS = [[0, 2], [1], [], [3, 0, 1]]
# User and item of each row, and whether it was clicked.
ROWS = [[0, 0], [0, 3], [1, 2], [2, 1], [2, 3], [1, 0]]
CLICKED = [1, 0, 0, 1, 1, 0]
torch.set_default_dtype(torch.float64)


def random(*shape, scale=0.7):
    return (scale * torch.randn(*shape)).float().double().requires_grad_()


def case(seed, dim, hidden):
    torch.manual_seed(seed)
    sizes = {"user.id": 3, "user.country": 2, "item.id": 4, "item.tags": 4}
    params = {name: random(size, dim) for name, size in sizes.items()}
    params.update({f"weight.{name}": random(size, 1) for name, size in sizes.items()})
    width = 4 * dim
    for layer, out in enumerate([*hidden, 1]):
        params[f"mlp.weight{layer}"] = random(width, out)
        params[f"mlp.bias{layer}"] = random(1, out)
        width = out

    def mean(table, rows):
        return table[rows].mean(0) if rows else torch.zeros(table.shape[1])

    def fields(prefix, user, item):
        p = lambda name: params[prefix + name]
        return [p("user.id")[user], p("user.country")[COUNTRIES[user]], p("item.id")[item], mean(p("item.tags"), TAGS[item])]

    def logit(user, item):
        vectors = fields("", user, item)
        pairs = sum(vectors[f] @ vectors[g] for f in range(4) for g in range(f))
        x = torch.cat(vectors)
        for layer in range(len(hidden)):
            x = torch.relu(x @ params[f"mlp.weight{layer}"] + params[f"mlp.bias{layer}"][0])
        last = len(hidden)
        deep = x @ params[f"mlp.weight{last}"] + params[f"mlp.bias{last}"][0]
        return sum(fields("weight.", user, item)) + pairs + deep

    logits = torch.cat([logit(user, item) for user, item in ROWS])
    loss = binary_cross_entropy_with_logits(logits, torch.tensor(CLICKED, dtype=torch.float64))
    loss.backward()
    learnt = {
        name: {"values": value.detach().flatten().tolist(), "gradient": value.grad.flatten().tolist()}
        for name, value in params.items()
    }
    return {"dim": dim, "hidden": hidden, "logits": logits.detach().tolist(), "loss": loss.item(), "params": learnt}


data = {
    "countries": COUNTRIES, "tags": TAGS, "rows": ROWS, "clicked": CLICKED,
    "cases": [case(1, 3, [4]), case(2, 2, [5, 3]), case(3, 5, [2])],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(data) + "\n")
