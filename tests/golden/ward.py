"""Writes ward.json: hierarchical clusterings with Ward's criterion, computed by SciPy.

Run `python tests/golden/ward.py` where SciPy is installed (`pip install scipy`). The tests need only the file.

Random points without ties: unit vectors, and points of several lengths in few and many dimensions. A cut at height h
(of squared distances) is SciPy's `fcluster(..., sqrt(h), criterion="distance")`, its labels numbered by first points.
"""

import json
import pathlib

import numpy
from scipy.cluster.hierarchy import fcluster, linkage

chance = numpy.random.default_rng(5)


def labels(found):
    first = {}
    return [first.setdefault(int(label), len(first)) for label in found]


def case(points):
    points = points.astype(numpy.float32)
    merges = linkage(points.astype(numpy.float64), method="ward")
    heights = [merges[len(merges) * share // 10, 2] ** 2 * 1.0001 for share in (1, 5, 8, 9)]
    return {
        "rows": len(points),
        "points": [float(x) for x in points.ravel()],
        "linkage": merges.tolist(),
        "cuts": [[h, labels(fcluster(merges, h**0.5, criterion="distance"))] for h in heights],
    }


unit = chance.normal(size=(40, 8))
unit /= numpy.linalg.norm(unit, axis=1, keepdims=True)
long = chance.normal(size=(60, 3)) * chance.lognormal(size=(60, 1))
cases = [case(unit), case(long), case(chance.normal(size=(17, 2))), case(chance.normal(size=(2, 5)))]
path = pathlib.Path(__file__).with_name("ward.json")
path.write_text(json.dumps(cases) + "\n")
