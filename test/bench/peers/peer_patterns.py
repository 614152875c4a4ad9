"""Process map with PM4Py and frequent patterns with the prefixspan package, timed on given sequences.

Input: {"logs": [{"name", "activities": [...], "cases": [{"a": [...], "t": [...]}], "min_support": count}], "repeats": n}
Output: {"pm4py": {name: {"us_per_trace", "edges", "variants"}}, "prefixspan": {name: {...}}, "prefixspan_closed": {...}}
"""

import json
import statistics
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import pandas as pd
import pm4py
from prefixspan import PrefixSpan


def timed(repeats, work):
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return statistics.median(times), result


def main():
    data = json.load(sys.stdin)
    out = {"pm4py": {}, "prefixspan": {}, "prefixspan_closed": {}}
    for log in data["logs"]:
        cases, names = log["cases"], log["activities"]
        n = len(cases)
        repeats = data["repeats"] if n < 20000 else 1
        frame = pd.DataFrame(
            {
                "case:concept:name": [str(i) for i, c in enumerate(cases) for _ in c["a"]],
                "concept:name": [names[a] for c in cases for a in c["a"]],
                "time:timestamp": pd.to_datetime([t for c in cases for t in c["t"]], unit="ms", utc=True),
            }
        )

        def process_map():
            dfg, starts, ends = pm4py.discover_dfg(frame)
            performance = pm4py.discover_performance_dfg(frame)
            variants = pm4py.get_variants(frame)
            return len(dfg), len(variants), len(performance[0]), len(starts), len(ends)

        seconds, result = timed(repeats, process_map)
        out["pm4py"][log["name"]] = {"us_per_trace": seconds / n * 1e6, "edges": result[0], "variants": result[1]}
        if log.get("min_support"):
            sequences = [c["a"] for c in cases]
            for key, closed in (("prefixspan", False), ("prefixspan_closed", True)):
                seconds, found = timed(repeats, lambda: PrefixSpan(sequences).frequent(log["min_support"], closed=closed))
                out[key][log["name"]] = {"us_per_trace": seconds / n * 1e6, "patterns": len(found)}
    print(json.dumps(out))


main()
