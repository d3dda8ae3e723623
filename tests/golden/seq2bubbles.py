"""Writes seq2bubbles.json: very small Seq2Bubbles models with radii, scores, loss and gradients, computed by PyTorch.

Run `python tests/golden/seq2bubbles.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Four users, of whom one has chosen nothing, and six items. Every formula is written out here event by event and corner by
corner, without the shortcuts of the implementation. PyTorch computes in double precision from values that single precision
holds exactly.
"""

import json
import math
import pathlib

import torch
from torch.nn.functional import softplus

M, D = 6, 5
HISTORIES = [[0, 3, 1], [], [2, 4, 3, 5], [5, 1]]
POSITIVES = [2, 4, 0, 3]
torch.set_default_dtype(torch.float64)


def random(*shape, scale=1.0):
    return (scale * torch.randn(*shape)).float().double().requires_grad_()


def weigh(logits, how):
    return torch.softmax(logits, 0) if how == "softmax" else torch.sigmoid(logits) / len(logits)


def attend(own, others, values, how):
    return weigh(others @ own / math.sqrt(D), how) @ values


def corner(centre, radius, point):
    return centre + torch.where(point - centre >= 0, 1.0, -1.0) * radius


def pool(bubbles, point, settings):
    products = torch.stack([corner(c, r, point) * point for c, r in bubbles])
    if settings["max_pool"] == "bubble":
        products = products[products.sum(1).argmax()]
    else:
        products = products.max(0).values
    return (products * point).sum() if settings["score"] == "printed" else products.sum()


def case(seed, **given):
    defaults = {
        "dim": D, "radii": True, "attention": True, "weights": "softmax", "context": True, "max_pool": "coordinate",
        "score": "sum", "lambda": 0.7, "look_back": 1, "look_back_by": "others",
    }
    settings = {**defaults, **given}
    torch.manual_seed(seed)
    params = {"item.id": random(M, D)}
    units = ["sequential", "readout"] if settings["radii"] else ["sequential"]
    for unit in units:
        if settings["attention"]:
            params.update({f"{unit}.k": random(D, D), f"{unit}.q": random(D, D)})
        params.update({f"{unit}.n": random(D, D), f"{unit}.b": random(1, D)})
    params["sequential.slope"] = random(1, D, scale=0.3)
    if settings["context"]:
        params.update({"context.k": random(D, D), "context.q": random(D, D)})
        if settings["radii"]:
            params.update({"context.n": random(2 * D, D), "context.b": random(1, D)})
    items, how = params["item.id"], settings["weights"]

    def unit(name, rows, seen, place):
        heard = rows[place]
        if settings["attention"]:
            own, others = rows[place] @ params[f"{name}.k"], seen @ params[f"{name}.q"]
            heard = attend(own, others, seen, how)
        return heard @ params[f"{name}.n"] + params[f"{name}.b"][0]

    users = []
    for history in HISTORIES:
        centres = [items[item] for item in history]
        hidden = []
        for place in range(len(history)):
            heard = unit("sequential", torch.stack(centres), torch.stack(centres[: place + 1]), place)
            hidden.append(torch.where(heard > 0, heard, heard * params["sequential.slope"][0]))
        radii = [torch.zeros(D) for _ in history]
        if settings["radii"]:
            radii = [softplus(unit("readout", torch.stack(hidden), torch.stack(hidden), k)) for k in range(len(history))]
        users.append((hidden, list(zip(centres, radii))))

    def score(user, item):
        hidden, bubbles = user
        point = items[item]
        total = pool(bubbles, point, settings) if bubbles else torch.zeros(())
        if settings["context"]:
            centre = torch.zeros(D)
            if bubbles:
                keys = torch.stack(hidden) @ params["context.k"]
                centres = torch.stack([centre for centre, _ in bubbles])
                centre = attend(point @ params["context.q"], keys, centres, how)
            radius = torch.zeros(D)
            if settings["radii"]:
                radius = softplus(torch.cat([centre, point]) @ params["context.n"] + params["context.b"][0])
            total = total + (corner(centre, radius, point) * point).sum()
        return total

    scores = torch.stack([torch.stack([score(user, item) for item in range(M)]) for user in users])
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(POSITIVES))

    back = settings["look_back"]
    rows = [row for row, history in enumerate(HISTORIES) if len(history) > back]
    wanted = [HISTORIES[row][len(HISTORIES[row]) - 1 - back] for row in rows]
    for row, item in zip(rows, wanted):
        bubbles, place = users[row][1], len(HISTORIES[row]) - 1 - back
        kept = {"others": bubbles[:place] + bubbles[place + 1 :], "after": bubbles[place + 1 :], "all": bubbles}
        logits = [pool(kept[settings["look_back_by"]], items[other], settings) for other in wanted]
        compared = [logit for logit, other in zip(logits, wanted) if other != item]
        own = logits[rows.index(row)]
        term = torch.logsumexp(torch.stack([own, *compared]), 0) - own
        loss = loss + settings["lambda"] * term / len(HISTORIES)
    loss.backward()

    flat = lambda values: [float(x) for x in values.detach().flatten()]
    radii = [float(x) for _, bubbles in users for _, r in bubbles for x in r.detach()]
    learnt = {}
    for name, values in params.items():
        gradient = values.grad if values.grad is not None else torch.zeros_like(values)
        learnt[name] = {"values": flat(values), "gradient": flat(gradient)}
    return {
        "settings": given, "radii": radii, "scores": flat(scores), "loss": float(loss.detach()), "params": learnt,
    }


cases = [
    case(1),
    case(2, weights="sigmoid", score="printed", look_back_by="after", look_back=2),
    case(3, max_pool="bubble", context=False, look_back_by="all"),
    case(14, attention=False),
    case(5, radii=False),
]
path = pathlib.Path(__file__).with_name("seq2bubbles.json")
path.write_text(json.dumps(cases) + "\n")
