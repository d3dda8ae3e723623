"""Writes two_tower.json: a small two-tower model trained by PyTorch, for the parity test of the tape.

Run `python tests/golden/make.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

The model: a user is the mean of the rows of the items in a ragged history (one history is empty), an item is its own
row; both go through their own layer with ReLU, a second layer, and division by their length. The loss is the in-batch
softmax at temperature 0.1 with the log Q of each column subtracted after the temperature, and columns that hold
another row's copy of the positive item masked. Every batch looks up every row, so that Adam on a whole table and Adam
on looked-up rows are the same. PyTorch computes in double precision from values that single precision holds exactly.
"""

import json
import pathlib

import torch

ITEMS, WIDTH, HIDDEN, BATCH, STEPS, TEMPERATURE = 12, 4, 6, 7, 10, 0.1

OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, eps=1e-10),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
}


def first_values(generator):
    shapes = {"items": (ITEMS, WIDTH)}
    for tower in ("user", "item"):
        shapes[f"{tower}.w1"] = (WIDTH, HIDDEN)
        shapes[f"{tower}.b1"] = (1, HIDDEN)
        shapes[f"{tower}.w2"] = (HIDDEN, WIDTH)
        shapes[f"{tower}.b2"] = (1, WIDTH)
    return {name: torch.randn(shape, generator=generator).mul(0.5) for name, shape in shapes.items()}


def batches(generator):
    """Histories that together hold every item, and positives of which at least two are the same item."""
    made = []
    for _ in range(STEPS):
        order = torch.randperm(ITEMS, generator=generator).tolist()
        extra = torch.randint(ITEMS, (3,), generator=generator).tolist()
        offsets = [0, 4, 4, 6, 9, 10, 13, ITEMS + 3]
        positives = torch.randperm(ITEMS, generator=generator)[:BATCH].tolist()
        positives[-1] = positives[0]
        made.append({"offsets": offsets, "history": order + extra, "positives": positives})
    return made


def tower(x, params, name):
    x = torch.relu(x @ params[f"{name}.w1"] + params[f"{name}.b1"])
    x = x @ params[f"{name}.w2"] + params[f"{name}.b2"]
    return torch.nn.functional.normalize(x, dim=1, eps=1e-12)


def loss_of(params, batch, log_q):
    bounds = zip(batch["offsets"], batch["offsets"][1:])
    rows = [params["items"][batch["history"][start:end]] for start, end in bounds]
    pooled = torch.stack([row.mean(0) if len(row) else row.sum(0) for row in rows])
    positives = torch.tensor(batch["positives"])
    users, items = tower(pooled, params, "user"), tower(params["items"][positives], params, "item")
    scores = users @ items.T / TEMPERATURE - log_q[positives]
    same = (positives[:, None] == positives[None, :]) & ~torch.eye(BATCH, dtype=torch.bool)
    return torch.nn.functional.cross_entropy(scores.masked_fill(same, -1e30), torch.arange(BATCH))


def train(start, made, log_q, optimizer):
    params = {name: value.double().requires_grad_() for name, value in start.items()}
    optimizer = optimizer(params.values())
    losses, first_gradients = [], None
    for batch in made:
        optimizer.zero_grad()
        loss = loss_of(params, batch, log_q)
        loss.backward()
        losses.append(loss.item())
        first_gradients = first_gradients or {name: p.grad.flatten().tolist() for name, p in params.items()}
        optimizer.step()
    return losses, first_gradients, {name: p.detach().flatten().tolist() for name, p in params.items()}


def main():
    generator = torch.Generator().manual_seed(20)
    start, made = first_values(generator), batches(generator)
    log_q = torch.log_softmax(torch.randn(ITEMS, generator=generator), 0)
    golden = {
        "made_by": f"tests/golden/make.py with PyTorch {torch.__version__.split('+')[0]}",
        "temperature": TEMPERATURE,
        "params": {
            name: {"rows": value.shape[0], "cols": value.shape[1], "values": value.flatten().tolist()}
            for name, value in start.items()
        },
        "log_q": log_q.tolist(),
        "batches": made,
        "runs": {},
    }
    for name, optimizer in OPTIMIZERS.items():
        losses, gradients, last = train(start, made, log_q.double(), optimizer)
        golden["gradients"] = gradients
        golden["runs"][name] = {"losses": losses, "last_values": last}
    path = pathlib.Path(__file__).with_name("two_tower.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
