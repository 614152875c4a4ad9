"""Times Vowpal Wabbit's predict on contextual-bandit decisions with shared features.

Input: {"train": [[features, chosen, cost, probability], ...], "test": [features, ...], "actions": K,
"configurations": {name: arguments}}. Output: per configuration, microseconds per prediction (median and
99th percentile), from text (parse and predict, what a caller with new data pays) and from parsed examples.
"""
import json
import sys
import time

from vowpalwabbit import Workspace


def shared(features):
    return "shared |c " + " ".join(f"f{i}:{v:.6f}" for i, v in enumerate(features))


def lines(features, actions, chosen=None, cost=None, probability=None):
    out = [shared(features)]
    for a in range(actions):
        label = f"0:{cost:.6f}:{probability:.6f} " if a == chosen else ""
        out.append(f"{label}|a d{a}")
    return out


def quantiles(seconds):
    seconds.sort()
    at = lambda q: seconds[min(len(seconds) - 1, int(len(seconds) * q))] * 1e6
    return {"p50Us": at(0.5), "p99Us": at(0.99)}


task = json.load(sys.stdin)
result = {}
for name, arguments in task["configurations"].items():
    vw = Workspace(arguments + " --quiet")
    for features, chosen, cost, probability in task["train"]:
        vw.learn(lines(features, task["actions"], chosen, cost, probability))
    text, parsed = [], []
    for features in task["test"]:
        example = lines(features, task["actions"])
        started = time.perf_counter()
        vw.predict(example)
        text.append(time.perf_counter() - started)
        ready = vw.parse(example)
        started = time.perf_counter()
        vw.predict(ready)
        parsed.append(time.perf_counter() - started)
        vw.finish_example(ready)
    result[name] = {"text": quantiles(text), "parsed": quantiles(parsed)}
    vw.finish()
print(json.dumps(result))
