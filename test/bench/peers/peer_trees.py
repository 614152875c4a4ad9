"""XGBoost, LightGBM and scikit-learn's random forest on given folds: defaults, and lightly tuned.

stdin: {"sets": [{"name", "x": [[...]], "y": [...], "fold": [...], "group": [...]}], "tuned": bool}
stdout, last line: {name: {peer: {"predictions": [...], "seconds": s, "cpuSeconds": s}}}; predictions are out of fold, times of
all folds, tuning included.
Tuning is a small grid per library, chosen within each training part by three grouped folds.
"""

import json
import sys
import time

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GroupKFold

SEED = 0


def xgb(**options):
    return lambda: xgboost.XGBRegressor(random_state=SEED, n_jobs=1, **options)


def lgbm(**options):
    return lambda: lightgbm.LGBMRegressor(random_state=SEED, n_jobs=1, verbose=-1, **options)


def forest(**options):
    return lambda: RandomForestRegressor(random_state=SEED, n_jobs=1, **options)


DEFAULTS = {"xgboost": xgb(), "lightgbm": lgbm(), "sklearnForest": forest()}
GRIDS = {
    "xgboost": [
        xgb(n_estimators=n, learning_rate=rate, max_depth=depth, subsample=0.8, colsample_bytree=0.8, min_child_weight=3)
        for n, rate, depth in [(100, 0.03, 3), (200, 0.03, 3), (200, 0.05, 5), (500, 0.05, 7)]
    ],
    "lightgbm": [
        lgbm(n_estimators=n, learning_rate=rate, num_leaves=leaves, min_child_samples=smallest, subsample=0.8,
             subsample_freq=1, colsample_bytree=0.8)
        for n, rate, leaves, smallest in [(100, 0.03, 7, 20), (200, 0.03, 15, 10), (200, 0.05, 31, 10), (500, 0.05, 63, 5)]
    ],
    "sklearnForest": [
        forest(n_estimators=200, max_features=features, min_samples_leaf=leaf)
        for features, leaf in [(0.33, 1), (0.33, 3), (0.5, 5), ("sqrt", 1)]
    ],
}


def fit(make, x, y):
    return make().fit(x, y)


def tune(grid, x, y, group):
    folds = list(GroupKFold(n_splits=3).split(x, y, group))
    errors = [
        sum(np.sum((fit(make, x[a], y[a]).predict(x[b]) - y[b]) ** 2) for a, b in folds) for make in grid
    ]
    return grid[int(np.argmin(errors))]


def out_of_fold(choose, x, y, fold, group):
    predictions = np.zeros(len(y))
    for k in np.unique(fold):
        a, b = fold != k, fold == k
        predictions[b] = fit(choose(x[a], y[a], group[a]), x[a], y[a]).predict(x[b])
    return predictions


def main():
    job = json.load(sys.stdin)
    result = {}
    for s in job["sets"]:
        x, y = np.array(s["x"], dtype=float), np.array(s["y"], dtype=float)
        fold, group = np.array(s["fold"]), np.array(s["group"])
        chosen = {name: (lambda a, b, c, make=make: make) for name, make in DEFAULTS.items()}
        if job["tuned"]:
            for name, grid in GRIDS.items():
                chosen[name + "Tuned"] = lambda a, b, c, grid=grid: tune(grid, a, b, c)
        result[s["name"]] = {}
        for name, choose in chosen.items():
            started, started_cpu = time.perf_counter(), time.process_time()
            predictions = out_of_fold(choose, x, y, fold, group)
            result[s["name"]][name] = {
                "predictions": [round(float(p), 6) for p in predictions],
                "seconds": round(time.perf_counter() - started, 2),
                "cpuSeconds": round(time.process_time() - started_cpu, 2),
            }
        print(s["name"], {k: v["seconds"] for k, v in result[s["name"]].items()}, file=sys.stderr)
    print(json.dumps(result))


main()
