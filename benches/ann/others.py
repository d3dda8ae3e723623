"""Faiss and hnswlib, one thread, for `cargo bench --bench indexes -- --beside python3`, which starts this and takes turns
with it. Needs `pip install faiss-cpu hnswlib numpy`.

    others.py FOLDER CELLS PARTS

Reads base.fvecs and query.fvecs of the folder, then commands from its input, and answers each by a line:

    ready
    NAME build                  says what was built
    NAME found COUNT EFFORT     numbers of the 10 rows found for each of so many queries
    NAME seconds EFFORT         seconds of a query

All queries are handed over in one call, so that no call of Python is timed.
"""

import pathlib
import sys
import time

import faiss
import hnswlib
import numpy

K = 10
SECONDS = 0.2
faiss.omp_set_num_threads(1)


def fvecs(path):
    words = numpy.fromfile(path, dtype="int32")
    return words.reshape(-1, words[0] + 1)[:, 1:].copy().view("float32")


folder, cells, parts = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
base, queries = (fvecs(folder / f"{what}.fvecs") for what in ("base", "query"))
n, d = base.shape
quantizers = []


def quantizer():
    # Faiss does not keep it alive by itself.
    quantizers.append(faiss.IndexFlatL2(d))
    return quantizers[-1]


def filled(index):
    index.train(base)
    index.add(base)
    return index


def faiss_ivf_flat():
    index = filled(faiss.IndexIVFFlat(quantizer(), d, cells))

    def search(rows, effort):
        index.nprobe = effort
        return index.search(rows, K)[1]
    return search


def faiss_ivf_pq():
    index = faiss.IndexIVFPQ(quantizer(), d, cells, parts, 8)
    index.do_polysemous_training = False
    filled(index)
    refined = faiss.IndexRefineFlat(index, faiss.swig_ptr(base))
    refined.k_factor = 8

    def search(rows, effort):
        index.nprobe = effort
        return refined.search(rows, K)[1]
    return search


def faiss_hnsw():
    index = faiss.IndexHNSWFlat(d, 16)
    index.hnsw.efConstruction = 100
    index.add(base)

    def search(rows, effort):
        index.hnsw.efSearch = effort
        return index.search(rows, K)[1]
    return search


def hnswlib_hnsw():
    index = hnswlib.Index(space="l2", dim=d)
    index.init_index(max_elements=n, ef_construction=100, M=16)
    index.add_items(base, num_threads=1)

    def search(rows, effort):
        index.set_ef(max(effort, K))
        return index.knn_query(rows, k=K, num_threads=1)[0]
    return search


builders = {
    "faiss_ivf_flat": faiss_ivf_flat,
    "faiss_ivf_pq": faiss_ivf_pq,
    "faiss_hnsw": faiss_hnsw,
    "hnswlib": hnswlib_hnsw,
}
built = {}


def answer(name, what="", *numbers):
    if name == "ready":
        return "ready"
    if what == "build":
        began = time.process_time()
        built[name] = builders[name]()
        return f"built in {time.process_time() - began:.1f} s"
    search = built[name]
    if what == "found":
        count, effort = map(int, numbers)
        # Where there were fewer there is -1, which becomes the largest number.
        return " ".join(map(str, search(queries[:count], effort).astype("uint32").ravel()))
    effort, runs, began = int(numbers[0]), 0, time.process_time()
    while True:
        search(queries, effort)
        runs += len(queries)
        spent = time.process_time() - began
        if spent > SECONDS:
            return str(spent / runs)


for line in sys.stdin:
    print(answer(*line.split()), flush=True)
