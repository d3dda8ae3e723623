"""Writes losses.json: every loss over the whole scoring chain, with its gradients, computed by PyTorch.

Run `python tests/golden/losses.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

Each case has users, the items a step encodes (the positives first), blocks of negatives with log Q and masks, and where
asked the mixtures of Taobao's search (Li et al., KDD 2021, section 3.4). PyTorch computes in double precision from
values that single precision holds exactly.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

ROWS, WIDTH, DRAWN, OWN = 4, 6, 5, 3


def exact(*shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator, dtype=torch.float64) * 64).round() / 64


def numbers(tensor):
    return [float(x) for x in tensor.flatten()]


BATCH = {
    "source": "batch",
    "columns": ROWS,
    "log_q": [-1.5, -2.25, -1.5, -3.0],
    # Rows 0 and 2 chose the same item.
    "masked": [[0, 0], [1, 1], [2, 2], [3, 3], [0, 2], [2, 0]],
}
SHARED = {"source": "catalogue", "columns": DRAWN, "log_q": [-2.0] * DRAWN, "masked": [[1, 4], [3, 0]]}
BANK = {"source": "bank", "columns": DRAWN, "log_q": [-1.0, -2.0, -3.0, -1.75, -2.5], "masked": [[2, 3]]}
EACH = {"source": "impressions", "columns": OWN, "log_q": [0.0] * (ROWS * OWN), "masked": [[0, 1]]}

CASES = {
    "softmax": {"loss": "sampled_softmax", "numbers": {"temperature": 0.5}, "logq": True, "blocks": [BATCH]},
    "softmax_without_logq": {"loss": "sampled_softmax", "numbers": {"temperature": 0.5}, "logq": False, "blocks": [BATCH, SHARED]},
    "softmax_on_cosines": {"loss": "sampled_softmax", "numbers": {"temperature": 0.1}, "logq": True, "cosine": True, "blocks": [BATCH]},
    "mns": {"loss": "sampled_softmax", "numbers": {"temperature": 1.0}, "logq": True, "plain_positive": True, "blocks": [BATCH, SHARED]},
    "cbns": {"loss": "sampled_softmax", "numbers": {"temperature": 1.0}, "logq": True, "blocks": [BATCH, BANK]},
    "triplet": {"loss": "triplet", "numbers": {"margin": 0.25}, "cosine": True, "blocks": [SHARED, EACH]},
    "hinge": {"loss": "hinge", "numbers": {"margin": 1.5}, "blocks": [BATCH, SHARED]},
    "bpr": {"loss": "bpr", "numbers": {"temperature": 2.0}, "blocks": [SHARED, EACH]},
    "bce": {"loss": "bce", "numbers": {"temperature": 1.5}, "blocks": [SHARED, EACH]},
    "mixed": {"loss": "sampled_softmax", "numbers": {"temperature": 2.0}, "logq": False, "blocks": [SHARED], "hardest": 2, "stop": False},
    "mixed_stopped": {"loss": "sampled_softmax", "numbers": {"temperature": 2.0}, "logq": False, "blocks": [SHARED], "hardest": 2, "stop": True},
}


def unit(x):
    return x / x.norm(dim=1, keepdim=True)


def run(case, seed):
    encoded = sum({"batch": 0, "catalogue": DRAWN, "bank": DRAWN, "impressions": ROWS * OWN}[b["source"]] for b in case["blocks"])
    users = exact(ROWS, WIDTH, seed=seed).requires_grad_()
    items = exact(ROWS + encoded, WIDTH, seed=seed + 100)
    items[2] = items[0]
    items.requires_grad_()
    cosine = case.get("cosine", False)
    u, v = (unit(users), unit(items)) if cosine else (users, items)
    positives = v[:ROWS]
    positive = (u * positives).sum(1, keepdim=True)
    positive_log_q = [0.0] * ROWS if case.get("plain_positive") else BATCH["log_q"]
    columns, corrections, next_row = [], [], ROWS
    for block in case["blocks"]:
        mask = torch.zeros(ROWS, block["columns"], dtype=torch.bool)
        for row, column in block["masked"]:
            mask[row, column] = True
        if block["source"] == "batch":
            scores = u @ positives.T
        elif block["source"] == "impressions":
            own = v[next_row:next_row + ROWS * OWN].view(ROWS, OWN, WIDTH)
            scores = (u[:, None] * own).sum(2)
            next_row += ROWS * OWN
        else:
            vectors = v[next_row:next_row + block["columns"]]
            next_row += block["columns"]
            scores = u @ (vectors.detach() if block["source"] == "bank" else vectors).T
        log_q = torch.tensor(block["log_q"], dtype=torch.float64)
        log_q = log_q.view(ROWS, OWN) if block["source"] == "impressions" else log_q.expand(ROWS, -1)
        columns.append(scores.masked_fill(mask, -1e30))
        corrections.append(log_q)
    alpha = None
    if "hardest" in case:
        # The mixtures are made as vectors here, and scored like any other.
        n, drawn = case["hardest"], v[ROWS:ROWS + DRAWN]
        chosen = columns[0].topk(n, dim=1).indices
        generator = torch.Generator().manual_seed(seed)
        alpha = (0.4 + 0.2 * torch.rand((ROWS, n), generator=generator, dtype=torch.float64)).float().double()
        mixed = alpha[..., None] * positives[:, None] + (1 - alpha[..., None]) * drawn[chosen]
        if case["stop"]:
            mixed = mixed.detach()
        columns.append((u[:, None] * mixed).sum(2))
        corrections.append(torch.zeros(ROWS, n, dtype=torch.float64))
    scores = torch.cat(columns, 1)
    setting = case["numbers"]
    if case["loss"] == "sampled_softmax":
        logits = torch.cat([positive, scores], 1) / setting["temperature"]
        if case["logq"]:
            first = torch.tensor(positive_log_q, dtype=torch.float64)[:, None]
            logits = logits - torch.cat([first, *corrections], 1)
        loss = F.cross_entropy(logits, torch.zeros(ROWS, dtype=torch.long))
    else:
        counts = scores > -1e29
        if case["loss"] == "bce":
            own = F.binary_cross_entropy_with_logits(positive / setting["temperature"], torch.ones_like(positive), reduction="none")
            pairs = F.binary_cross_entropy_with_logits(scores / setting["temperature"], torch.zeros_like(scores), reduction="none")
            pairs, counts = torch.cat([own, pairs], 1), torch.cat([torch.ones_like(own, dtype=torch.bool), counts], 1)
        elif case["loss"] == "bpr":
            pairs = F.softplus((scores - positive) / setting["temperature"])
        else:
            pairs = (scores - positive + setting["margin"]).clamp(min=0)
        loss = (pairs.masked_fill(~counts, 0).sum(1) / counts.sum(1)).mean()
    loss.backward()
    return {
        "loss": case["loss"],
        "numbers": setting,
        "logq": case.get("logq"),
        "cosine": cosine,
        "positive_log_q": positive_log_q,
        "blocks": case["blocks"],
        "hardest": case.get("hardest"),
        "stop": case.get("stop", False),
        "alpha": numbers(alpha) if alpha is not None else [],
        "users": numbers(users.detach()),
        "items": numbers(items.detach()),
        "value": float(loss.detach()),
        "user_gradients": numbers(users.grad),
        "item_gradients": numbers(items.grad),
    }


golden = {"width": WIDTH, "cases": {name: run(case, seed) for seed, (name, case) in enumerate(CASES.items())}}
path = pathlib.Path(__file__).with_name("losses.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
