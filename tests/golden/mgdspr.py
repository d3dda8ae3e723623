"""Writes mgdspr.json: users, items, loss and gradients of a very small MGDSPR, computed by PyTorch.

Run `python tests/golden/mgdspr.py` where PyTorch is installed (`pip install torch`). The tests need only the file.

The world has titles, a category, tags with an item that has none, a user without history, a user who typed nothing, past
queries of which some are empty and some too old to count, and histories that fill all three windows. PyTorch computes
in double precision from values that single precision holds exactly. Its LSTM and its attention are used as they are;
its gates stand in the order i, f, g, o, ours in the order i, f, o, g.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

HEADS, WIDTH, BUCKETS, REAL_TIME, SHORT_TERM, PAST = 2, 4, 16, 2, 2, 2
POSITIONS, INNER = 16, 4 * WIDTH

TITLES = ["red winter coat", "blue jeans", "Red wine", "", "winter wheat beer"]
SHELVES = [0, 1, 2, 0, 2]
TAGS = [[0, 1], [1], [], [2, 0], [2]]
# Items and the query before each; the last event is the one asked for.
USERS = [
    {"items": [0, 1, 2, 3, 4, 1, 2], "queries": ["coat", "jeans", "", "red", "wheat", "", "red WINTER coat"]},
    {"items": [3], "queries": ["wine"]},
    {"items": [4, 0, 1], "queries": ["beer", "", ""]},
    {"items": [1, 2, 0, 4], "queries": ["", "wine red", "a", "blue blue beer"]},
]


def row(part):
    value = 0xCBF29CE484222325
    for byte in part:
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return (value ^ value >> 32) % 2**32 % BUCKETS


def run(kind, letters):
    return row(bytes([kind]) + letters.encode("utf-32-le"))


def words(text):
    return [row(b"\x04" + word.encode() + b" ") for word in text.lower().split()]


def characters(text):
    return [run(1, letter) for word in text.lower().split() for letter in word]


def pairs(text):
    return [run(2, a + b) for word in text.lower().split() for a, b in zip(word, word[1:])]


def shapes():
    attention = {part: (WIDTH, WIDTH) for part in ("query", "key", "value", "output")}
    lstm = {"weight": (WIDTH, 4 * WIDTH), "bias": (1, 4 * WIDTH), "recurrent": (WIDTH, 4 * WIDTH)}
    encoder = {**attention, **{f"{part}{place}": (1, WIDTH) for part in ("gain", "shift") for place in (1, 2)}}
    encoder |= {"inner": (WIDTH, INNER), "inner_bias": (1, INNER), "outer": (INNER, WIDTH), "outer_bias": (1, WIDTH)}
    parts = {
        "query.encoder": encoder,
        "behaviour.lstm1": lstm,
        "behaviour.lstm2": lstm,
        "behaviour.real_time": attention,
        "behaviour.short_term": attention,
        "fusion": {"first": (1, WIDTH), **attention},
    }
    tables = {
        "item.id": len(TITLES),
        "word": BUCKETS,
        "query.character": BUCKETS,
        "query.pair": BUCKETS,
        "query.position": POSITIONS,
        "behaviour.shelf": 3,
        "behaviour.tags": 3,
        "item.title": WIDTH,
    }
    found = {name: (rows, WIDTH) for name, rows in tables.items()}
    return found | {f"{name}.{part}": shape for name, of in parts.items() for part, shape in of.items()}


def mean(rows):
    return rows.mean(0) if len(rows) else torch.zeros(WIDTH, dtype=torch.double)


def self_attention(params, name, rows):
    split = [(rows @ params[f"{name}.{part}"]).view(-1, HEADS, WIDTH // HEADS).transpose(0, 1) for part in ("query", "key", "value")]
    return F.scaled_dot_product_attention(*split).transpose(0, 1).reshape(-1, WIDTH) @ params[f"{name}.output"]


def norm(params, name, place, rows):
    gain, shift = (params[f"{name}.{part}{place}"][0] for part in ("gain", "shift"))
    return F.layer_norm(rows, (WIDTH,), gain, shift, 1e-5)


def encoder(params, name, rows):
    rows = norm(params, name, 1, rows + self_attention(params, name, rows))
    inner = torch.relu(rows @ params[f"{name}.inner"] + params[f"{name}.inner_bias"])
    return norm(params, name, 2, rows + inner @ params[f"{name}.outer"] + params[f"{name}.outer_bias"])


def lstm(params, name, rows):
    def gates(part):
        i, f, o, g = params[f"{name}.{part}"].split(WIDTH, dim=1)
        return torch.cat([i, f, g, o], dim=1).T

    module = torch.nn.LSTM(WIDTH, WIDTH, dtype=torch.double)
    weights = {
        "weight_ih_l0": gates("weight"),
        "weight_hh_l0": gates("recurrent"),
        "bias_ih_l0": gates("bias")[:, 0],
        "bias_hh_l0": torch.zeros(4 * WIDTH, dtype=torch.double),
    }
    return torch.func.functional_call(module, weights, (rows,))[0]


def semantic_unit(params, typed, past):
    word = params["word"]
    past = [mean(word[words(text)]) for text in past if words(text)][-PAST:]
    of_words = mean(word[words(typed)])
    five = [mean(params["query.character"][characters(typed)]), mean(params["query.pair"][pairs(typed)]), of_words]
    sequence = word[words(typed)] + params["query.position"][: len(words(typed))]
    five.append(mean(encoder(params, "query.encoder", sequence)) if len(sequence) else mean(sequence))
    if past:
        past = torch.stack(past)
        five.append(torch.softmax(past @ of_words, 0) @ past)
    else:
        five.append(mean([]))
    return torch.stack([*five, sum(five)])


def attend(queries, rows):
    rows = torch.cat([torch.zeros(1, WIDTH, dtype=torch.double), rows])
    return torch.softmax(queries @ rows.T, 1) @ rows


def attributes(params, items):
    tags = [mean(params["behaviour.tags"][TAGS[item]]) for item in items]
    tags = torch.stack(tags) if tags else torch.zeros(0, WIDTH, dtype=torch.double)
    return [params["item.id"][items], params["behaviour.shelf"][[SHELVES[item] for item in items]], tags]


def behaviour(params, queries, history):
    split = max(len(history) - REAL_TIME, 0)
    earlier, real = history[:split], history[split:]
    split = max(len(earlier) - SHORT_TERM, 0)
    long, short = earlier[:split], earlier[split:]
    found = []
    for name, window in (("real_time", real), ("short_term", short)):
        rows = sum(attributes(params, window))
        if len(rows):
            if name == "real_time":
                for layer in (1, 2):
                    rows = rows + lstm(params, f"behaviour.lstm{layer}", rows)
            rows = self_attention(params, f"behaviour.{name}", rows)
        found.append(attend(queries, rows))
    found.append(sum(attend(queries, mean(part)[None]) for part in attributes(params, long)) if long else torch.zeros_like(queries))
    return found


def user(params, events):
    queries = semantic_unit(params, events["queries"][-1], events["queries"][:-1])
    rows = torch.cat([params["fusion.first"], queries, *behaviour(params, queries, events["items"][:-1])])
    assert len(rows) == 25
    return self_attention(params, "fusion", rows)[0]


def item(params, number):
    title = mean(params["word"][words(TITLES[number])])
    return params["item.id"][number] + torch.tanh(title @ params["item.title"])


def flat(tensor):
    return [float(f"{number:.9g}") for number in tensor.flatten().tolist()]


def main():
    generator = torch.Generator().manual_seed(21)
    # Multiples of 1/64 are short to write and exact to read.
    start = {
        name: (torch.randn(shape, generator=generator) * 64).round() / 64 for name, shape in sorted(shapes().items())
    }
    params = {name: value.double().requires_grad_() for name, value in start.items()}
    users = torch.stack([user(params, events) for events in USERS])
    items = torch.stack([item(params, number) for number in range(len(TITLES))])
    loss = F.cross_entropy(users @ items.T, torch.tensor([events["items"][-1] for events in USERS]))
    loss.backward()
    golden = {
        "made_by": f"tests/golden/mgdspr.py with PyTorch {torch.__version__.split('+')[0]}",
        "titles": TITLES,
        "shelves": SHELVES,
        "tags": TAGS,
        "users": USERS,
        "user_vectors": flat(users),
        "item_vectors": flat(items),
        "loss": loss.item(),
        "params": {
            name: {"values": flat(start[name]), "gradient": flat(value.grad)} for name, value in params.items()
        },
    }
    path = pathlib.Path(__file__).with_name("mgdspr.json")
    path.write_text(json.dumps(golden, ensure_ascii=False).replace('}, "', '},\n"') + "\n")


if __name__ == "__main__":
    main()
