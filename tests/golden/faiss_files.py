"""Index files of Faiss and what it finds in them; and whether it finds the same in ours.

    python tests/golden/faiss_files.py            writes faiss_files/ (small; the tests need only that)
    python tests/golden/faiss_files.py --check D  reads what `cargo run --example faiss -- D` wrote into the folder D:
                                            every *.index must come back byte for byte, and give the ids and scores
                                            of the *.json beside it

Needs `pip install faiss-cpu numpy`. Written by faiss-cpu 1.15.1.
"""

import json
import pathlib
import sys

import faiss
import numpy

here = pathlib.Path(__file__).parent
faiss.omp_set_num_threads(1)
D, N, K = 8, 120, 5
chance = numpy.random.default_rng(7)


def rows(n):
    return chance.normal(size=(n, D)).astype("float32")


def flat(metric):
    return faiss.IndexFlatL2(D) if metric == faiss.METRIC_L2 else faiss.IndexFlatIP(D)


def ivf_flat(metric, vectors):
    index = faiss.IndexIVFFlat(flat(metric), D, 6, metric)
    index.own_fields = False
    keep.append(index.quantizer)
    index.cp.min_points_per_centroid = 1
    index.train(vectors)
    index.add(vectors)
    index.nprobe = 3
    return index


def ivf_pq(metric, vectors, bits, residual=True):
    index = faiss.IndexIVFPQ(flat(metric), D, 5, 4, bits, metric)
    index.own_fields = False
    keep.append(index.quantizer)
    index.by_residual = residual
    index.do_polysemous_training = False
    index.cp.min_points_per_centroid = index.pq.cp.min_points_per_centroid = 1
    index.train(vectors)
    index.add(vectors)
    index.nprobe = 2
    return index


def hnsw(metric, vectors):
    index = faiss.IndexHNSWFlat(D, 4, metric)
    index.hnsw.efConstruction = 30
    index.hnsw.efSearch = 20
    index.add(vectors)
    return index


def transformed(transform, index, vectors):
    keep.extend([transform, index])
    outer = faiss.IndexPreTransform(transform, index)
    if not outer.is_trained:
        outer.train(vectors)
    outer.add(vectors)
    return outer


def refined(vectors):
    base = ivf_pq(faiss.METRIC_L2, vectors, 4)
    keep.append(base)
    index = faiss.IndexRefineFlat(base, faiss.swig_ptr(vectors))
    index.k_factor = 4
    return index


def named(vectors):
    inner = faiss.IndexIVFFlat(flat(faiss.METRIC_L2), D, 6)
    inner.own_fields = False
    keep.append(inner.quantizer)
    inner.train(vectors)
    inner.nprobe = 6
    keep.append(inner)
    index = faiss.IndexIDMap(inner)
    index.add_with_ids(vectors, numpy.arange(len(vectors), dtype="int64") * 3 + 5)
    return index


keep = []


def make():
    vectors, queries = rows(N), rows(4)
    l2, ip = faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT
    exact = flat(l2)
    exact.add(vectors)
    products = flat(ip)
    products.add(vectors)
    indexes = {
        "flat_l2": exact,
        "flat_ip": products,
        "ivf_flat_l2": ivf_flat(l2, vectors),
        "ivf_flat_ip": ivf_flat(ip, vectors),
        "ivf_pq_l2_4": ivf_pq(l2, vectors, 4),
        "ivf_pq_l2_6": ivf_pq(l2, vectors, 6),
        "ivf_pq_ip_4": ivf_pq(ip, vectors, 4),
        "ivf_pq_l2_whole": ivf_pq(l2, vectors, 4, residual=False),
        "hnsw_l2": hnsw(l2, vectors),
        "hnsw_ip": hnsw(ip, vectors),
        "pca": transformed(faiss.PCAMatrix(D, 5), faiss.IndexFlatL2(5), vectors),
        "rotation": transformed(faiss.RandomRotationMatrix(D, D), faiss.IndexFlatL2(D), vectors),
        "cosine": transformed(faiss.NormalizationTransform(D, 2.0), faiss.IndexFlatIP(D), vectors),
        "refined": refined(vectors),
        "named": named(vectors),
    }
    (here / "faiss_files").mkdir(exist_ok=True)
    said = {"queries": queries.tolist(), "cases": []}
    for name, index in indexes.items():
        faiss.write_index(index, str(here / "faiss_files" / f"{name}.index"))
        scores, ids = index.search(queries, K)
        said["cases"].append({"name": name, "ids": ids.tolist(), "scores": scores.tolist()})
    (here / "faiss_files" / "found.json").write_text(json.dumps(said) + "\n")


def check(folder):
    wrong = 0
    for path in sorted(folder.glob("*.index")):
        data = path.read_bytes()
        index = faiss.read_index(str(path))
        same = faiss.serialize_index(index).tobytes() == data
        said = json.loads(path.with_suffix(".json").read_text())
        queries = numpy.array(said["queries"], dtype="float32")
        scores, ids = index.search(queries, len(said["ids"][0]))
        l2 = (index.metric_type if not isinstance(index, faiss.IndexPreTransform) else index.index.metric_type) == 1
        ours = -numpy.array(said["scores"]) if l2 else numpy.array(said["scores"])
        apart = float(numpy.abs(scores - ours).max() / max(1.0, numpy.abs(ours).max()))
        ids_same = float((ids == numpy.array(said["ids"])).mean())
        ok = same and apart < 1e-5 and ids_same > 0.97
        wrong += not ok
        print(f"{path.stem:<28} bytes {'same' if same else 'DIFFER'}, ids {100 * ids_same:.0f} % the same, "
              f"scores apart by {apart:.1e}{'' if ok else '   WRONG'}")
    sys.exit(1 if wrong else 0)


if "--check" in sys.argv:
    check(pathlib.Path(sys.argv[sys.argv.index("--check") + 1]))
else:
    make()
