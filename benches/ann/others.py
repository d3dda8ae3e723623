"""What Faiss and hnswlib do on the vectors of `cargo bench --bench indexes`, one thread, at the same recalls.

    cargo bench --bench indexes -- --write DIR
    python benches/ann/others.py DIR

Needs `pip install faiss-cpu hnswlib numpy`. All queries are handed over in one call, so no call of Python is timed: the
fair figure of a library that is not called from Python. Run it right before or after ours, on a quiet machine; only
ratios of figures of the same minutes mean anything.
"""

import pathlib
import sys
import time

import faiss
import hnswlib
import numpy

K, ROUNDS, TARGETS = 10, 5, (0.90, 0.95, 0.99)
faiss.omp_set_num_threads(1)


def fvecs(path):
    words = numpy.fromfile(path, dtype="int32")
    return words.reshape(-1, words[0] + 1)[:, 1:].copy().view("float32")


def recall(ids, base, queries, truth):
    """By distances: of equally near vectors any will do."""
    found = ((base[ids] - queries[:, None, :]) ** 2).sum(2)
    return float((found <= truth[:, -1:] * (1 + 1e-6)).mean())


def sweep(name, search, base, queries, truth, most):
    effort, targets = 1, list(TARGETS)
    while targets:
        ids = search(effort)
        reached = recall(ids, base, queries, truth)
        if reached >= targets[0]:
            times = []
            for _ in range(ROUNDS):
                began = time.process_time()
                search(effort)
                times.append(time.process_time() - began)
            print(f"  {name:<22} {targets.pop(0):.2f}: effort {effort:>4}, recall {reached:.3f}: "
                  f"{len(queries) / sorted(times)[ROUNDS // 2]:>7.0f} queries/s", flush=True)
        elif effort >= most:
            print(f"  {name:<22} {targets.pop(0):.2f}: not reached ({reached:.3f})")
        else:
            effort = min(most, max(effort + 1, effort * 9 // 8))


def build(name, make):
    began = time.process_time()
    index = make()
    print(f"  {name:<22} built in {time.process_time() - began:.1f} s", flush=True)
    return index


def measure(folder, n, d, cells, parts):
    base, queries = (fvecs(folder / f"{n}x{d}.{what}.fvecs") for what in ("base", "query"))
    print(f"{n} x {d}, L2, recall@{K}")
    exact = faiss.IndexFlatL2(d)
    exact.add(base)
    began = time.process_time()
    truth, _ = exact.search(queries, K)
    print(f"  {'Faiss flat':<22} exact: {len(queries) / (time.process_time() - began):>7.0f} queries/s")

    def ivf(index):
        index.train(base)
        index.add(base)
        return index

    quantizer = faiss.IndexFlatL2(d)
    flat = build("Faiss IVF-Flat", lambda: ivf(faiss.IndexIVFFlat(quantizer, d, cells)))

    def probe(index, inner):
        def search(effort):
            inner.nprobe = effort
            return index.search(queries, K)[1]
        return search

    sweep("Faiss IVF-Flat", probe(flat, flat), base, queries, truth, cells)
    other = faiss.IndexFlatL2(d)
    coded = faiss.IndexIVFPQ(other, d, cells, parts, 8)
    coded.do_polysemous_training = False
    build("Faiss IVF-PQ", lambda: ivf(coded))
    refined = faiss.IndexRefineFlat(coded, faiss.swig_ptr(base))
    refined.k_factor = 8
    sweep("Faiss IVF-PQ + refine", probe(refined, coded), base, queries, truth, cells)
    graph = faiss.IndexHNSWFlat(d, 16)
    graph.hnsw.efConstruction = 100
    build("Faiss HNSW", lambda: graph.add(base))

    def walk(effort):
        graph.hnsw.efSearch = effort
        return graph.search(queries, K)[1]

    sweep("Faiss HNSW", walk, base, queries, truth, 2000)
    library = hnswlib.Index(space="l2", dim=d)
    library.init_index(max_elements=n, ef_construction=100, M=16)
    library.set_num_threads(1)
    build("hnswlib", lambda: library.add_items(base, num_threads=1))

    def walk_library(effort):
        library.set_ef(max(effort, K))
        return library.knn_query(queries, k=K, num_threads=1)[0]

    sweep("hnswlib", walk_library, base, queries, truth, 2000)


folder = pathlib.Path(sys.argv[1])
measure(folder, 20_000, 32, 256, 8)
measure(folder, 100_000, 64, 1024, 16)
