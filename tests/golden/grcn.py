"""Writes grcn.json: very small GRCNs of two modalities, with weights of edges, loss and gradients, computed by PyTorch.

Run `python tests/golden/grcn.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Four users, five items; the formulas are the paper's (Wei et al., ACM MM 2020), not those of its released code: routing moves
the prototypes, confidence is the receiver's. PyTorch computes in double precision from values that single precision
holds exactly.
"""

import json
import pathlib

import torch

N, M, D, WIDTH = 4, 5, 4, 3
EDGES = [(0, 1), (0, 2), (0, 4), (1, 1), (1, 3), (2, 0), (2, 4), (3, 2)]
POSITIVES = [3, 1, 0, 2]
torch.set_default_dtype(torch.float64)
users = torch.tensor([user for user, _ in EDGES])
items = torch.tensor([item for _, item in EDGES])


def random(*shape):
    return torch.randn(*shape).float().double().requires_grad_()


def softmax_at(scores, receivers, n):
    terms = scores.exp()
    sums = torch.zeros(n).index_add(0, receivers, terms)
    return terms / sums[receivers]


def case(seed, rounds, layers, pruning, fusion):
    torch.manual_seed(seed)
    vectors = {"image": random(M, 2).detach(), "text": random(M, 3).detach()}
    params = {"user.id": random(N, D), "item.id": random(M, D)}
    scores, content = ([], []), ([], [])
    for name, features in vectors.items():
        own = {
            f"weight.{name}": random(features.shape[1], WIDTH),
            f"bias.{name}": random(1, WIDTH),
            f"prototype.{name}": random(N, WIDTH),
        }
        if fusion == "base":
            own.update({f"base.user.{name}": random(N, 1), f"base.item.{name}": random(M, 1)})
        params.update(own)
        known = torch.nn.functional.leaky_relu(features @ own[f"weight.{name}"] + own[f"bias.{name}"])
        wanted = own[f"prototype.{name}"]
        for _ in range(rounds):
            shares = softmax_at((wanted[users] * known[items]).sum(1), users, N)
            heard = torch.zeros(N, WIDTH).index_add(0, users, shares[:, None] * known[items])
            wanted = torch.nn.functional.normalize(wanted + heard)
        agreement = (wanted[users] * known[items]).sum(1)
        for side, (receivers, n, base) in enumerate(((users, N, "user"), (items, M, "item"))):
            found = softmax_at(agreement, receivers, n)
            if fusion == "base":
                found = own[f"base.{base}.{name}"][receivers, 0] * found
            scores[side].append(found)
        content[0].append(wanted)
        content[1].append(known)
    weights = []
    for found in scores:
        together = torch.stack(found)
        fused = together.mean(0) if fusion == "mean" else together.max(0).values
        weights.append(torch.relu(fused) if pruning == "hard" else fused)
    now = [params["user.id"], params["item.id"]]
    sums = list(now)
    for _ in range(layers):
        now = [
            torch.zeros(N, D).index_add(0, users, weights[0][:, None] * now[1][items]),
            torch.zeros(M, D).index_add(0, items, weights[1][:, None] * now[0][users]),
        ]
        sums = [before + heard for before, heard in zip(sums, now)]
    nodes = [torch.cat([total, *parts], 1) for total, parts in zip(sums, content)]
    loss = torch.nn.functional.cross_entropy(nodes[0] @ nodes[1].T, torch.tensor(POSITIVES))
    loss.backward()

    def written(tensor):
        return tensor.detach().flatten().tolist()

    learnt = {
        name: {"values": written(value), "gradient": written(value.grad if value.grad is not None else torch.zeros_like(value))}
        for name, value in params.items()
    }
    return {
        "settings": {"dim": D, "content_dim": WIDTH, "rounds": rounds, "layers": layers, "pruning": pruning, "fusion": fusion},
        "edges": EDGES,
        "vectors": written(torch.cat([features.flatten() for features in vectors.values()])),
        "users": written(nodes[0]),
        "items": written(nodes[1]),
        "weights": written(weights[0]),
        "loss": loss.item(),
        "params": learnt,
    }


# Seeds with which every parameter learns something.
CASES = [
    case(11, 3, 2, "soft", "base"),
    case(13, 1, 1, "hard", "base"),
    case(11, 2, 2, "soft", "max"),
    case(11, 2, 2, "soft", "mean"),
]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(CASES) + "\n")
