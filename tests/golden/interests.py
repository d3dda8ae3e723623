"""Writes interests.json: very small models of several interests, with loss and gradients, computed by PyTorch.

Run `python tests/golden/interests.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

ComiRec-SA and -DR, MIND without a profile, and DRIM with each of its separators, on histories of one, three and no events. PyTorch
computes in double precision from values that single precision holds exactly. In routing all but the last round see
the history as a constant, and its weights are constants: only `Σ w h` and the squash are differentiated.
"""

import json
import pathlib

import torch

D, K, ITEMS, PLACES = 4, 3, 5, 4
HISTORIES = [[0, 1, 2], [3], [4, 0, 2, 1], []]
POSITIVES = [3, 1, 0, 2]
torch.manual_seed(3)
torch.set_default_dtype(torch.float64)


def random(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).float().double().requires_grad_()


def squash(z):
    square = (z * z).sum(-1, keepdim=True)
    length = torch.where(square > 0, square, torch.ones_like(square)).sqrt()
    return square / (1 + square) * z / length


def route(rows, first, active, rounds=3):
    if len(rows) == 0:
        return torch.zeros(K, D)
    logits = first[: len(rows), :active].clone()
    for number in range(rounds):
        weights = torch.softmax(logits, 1).detach()
        seen = rows if number + 1 == rounds else rows.detach()
        capsules = squash(weights.T @ seen)
        logits = logits + (rows.detach() @ capsules.detach().T)
    return torch.cat([capsules, capsules[:1].expand(K - active, D)])


def capsules(params, first, adaptive):
    def active(history):
        return max(1, min(K, len(history).bit_length() - 1)) if adaptive else K

    rows = [params["item.id"][history] @ params["routing"] for history in HISTORIES]
    found = [route(row, first, active(history)) for row, history in zip(rows, HISTORIES)]
    return torch.stack(found), [active(history) for history in HISTORIES]


def apart(vectors, kind):
    n = len(vectors)
    if n < 2:
        return torch.zeros(())
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    if kind == "dist":
        away = vectors - vectors.mean(0)
        square = (away * away).sum(1)
        return (torch.where(square > 0, square, torch.ones_like(square)).sqrt() * (square > 0)).mean()
    if kind == "pair":
        return sum(((vectors[i] - vectors[j]) ** 2).sum() for i, j in pairs) / 2
    if kind in ("e1", "e2"):
        log_p = torch.log_softmax(vectors, 1)
        own = (log_p if kind == "e2" else torch.zeros_like(log_p))
        return sum((log_p[i].exp() * (own[i] - log_p[j])).sum() for i, j in pairs) / len(pairs)
    directions = vectors / (vectors.norm(dim=1, keepdim=True) + 1e-9)
    return -torch.log(((directions @ directions.T) ** 2).sum() / n**2)


def loss_of(users, params, power=None, active=None):
    items = params["item.id"]
    positive = items[POSITIVES]
    if power is not None:
        found = []
        for vectors, n, wanted in zip(users, active, positive):
            scores = vectors[:n] @ wanted
            raised = scores.sign() * scores.abs() ** power if power else torch.zeros_like(scores)
            found.append(torch.softmax(raised, 0) @ vectors[:n])
        logits = torch.stack(found) @ items.T
        return torch.nn.functional.cross_entropy(logits, torch.tensor(POSITIVES)), None
    winners = (users * positive[:, None, :]).sum(2).argmax(1)
    chosen = users[torch.arange(len(POSITIVES)), winners]
    return torch.nn.functional.cross_entropy(chosen @ items.T, torch.tensor(POSITIVES)), winners


def written(tensor):
    return tensor.detach().flatten().tolist()


def case(kind, settings, params, users, loss, logits=None):
    loss.backward()
    learnt = {
        name: {"values": written(value), "gradient": written(value.grad if value.grad is not None else torch.zeros_like(value))}
        for name, value in params.items()
    }
    return {
        "kind": kind,
        "settings": settings,
        "logits": [] if logits is None else written(logits),
        "users": written(users),
        "loss": loss.item(),
        "params": learnt,
    }


def comirec():
    inner = 2 * D
    params = {
        "item.id": random(ITEMS, D),
        "place": random(PLACES, D),
        "inner": random(D, inner),
        "inner_bias": random(1, inner),
        "outer": random(K, inner),
    }
    users = []
    for history in HISTORIES:
        rows = params["item.id"][history]
        if not history:
            users.append(torch.zeros(K, D))
            continue
        keys = torch.tanh((rows + params["place"][: len(history)]) @ params["inner"] + params["inner_bias"])
        users.append(torch.softmax(params["outer"] @ keys.T, 1) @ rows)
    users = torch.stack(users)
    loss, _ = loss_of(users, params)
    return case("comirec_sa", {"inner": 2}, params, users, loss)


def comirec_dr():
    params = {"item.id": random(ITEMS, D), "routing": random(PLACES * D, K * D)}
    maps = params["routing"].reshape(PLACES, D, K, D)
    users = []
    for history in HISTORIES:
        rows = params["item.id"][history]
        mapped = torch.einsum("td,tdke->tke", rows, maps[: len(history)])
        logits = torch.zeros(len(history), K)
        capsules = torch.zeros(K, D)
        for number in range(3 if history else 0):
            weights = torch.softmax(logits, 1)
            seen = mapped if number == 2 else mapped.detach()
            capsules = squash(torch.einsum("tk,tke->ke", weights, seen))
            logits = logits + torch.einsum("tke,ke->tk", mapped, capsules).detach()
        users.append(capsules)
    users = torch.stack(users)
    loss, _ = loss_of(users, params)
    return case("comirec_dr", {}, params, users, loss)


def mind(power=None):
    hidden = 5
    params = {
        "item.id": random(ITEMS, D),
        "routing": random(D, D),
        "user.weight0": random(D, hidden),
        "user.bias0": random(1, hidden),
        "user.weight1": random(hidden, D),
        "user.bias1": random(1, D),
    }
    logits = random(PLACES, K).detach()
    found, active = capsules(params, logits, True)
    inner = torch.relu(found @ params["user.weight0"] + params["user.bias0"])
    users = inner @ params["user.weight1"] + params["user.bias1"]
    loss, _ = loss_of(users, params, power, active)
    settings = {"hidden": [hidden], "user_features": False}
    if power is not None:
        settings["power"] = str(power)
    return case("mind", settings, params, users, loss, logits)


def drim(separator):
    params = {"item.id": random(ITEMS, D), "routing": random(D, D)}
    logits = random(PLACES, K).detach()
    users, active = capsules(params, logits, True)
    loss, _ = loss_of(users, params)
    separation = sum(apart(vectors[:n], separator) for vectors, n in zip(users, active)) / len(HISTORIES)
    settings = {"separator": separator, "lambda": 0.5, "adaptive": True}
    return case("drim", settings, params, users, loss - 0.5 * separation, logits)


CASES = [comirec(), mind()] + [drim(kind) for kind in ("dist", "pair", "e1", "e2", "e3")]
CASES.append(comirec_dr())
CASES += [mind(power) for power in (0, 1, 2)]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(CASES) + "\n")
