"""Vowpal Wabbit as a bandit learner, on the same examples in the same orders.

Reads {sets: [{name, text, contexts, actions, rewards, orders}]} from standard input and prints, per
set and configuration, the mean reward of each order after 200, 1,000 and all decisions; with
`keep` in a set, every reward besides.
"""

import json
import random
import sys

import vowpalwabbit

EXPLORERS = {
    "epsilon": "--epsilon 0.05",
    "squarecb": "--squarecb",
    "regcb": "--regcb",
    "cover": "--cover 8",
    "bag": "--bag 5",
}


def run(arguments, contexts, actions, rewards, order, seed, keep):
    workspace = vowpalwabbit.Workspace(arguments, enable_logging=False)
    rng = random.Random(seed)
    multiline = vowpalwabbit.LabelType.CONTEXTUAL_BANDIT
    rewards_seen = []
    for example in order:
        lines = ["shared " + contexts[example]] + actions
        parsed = workspace.parse(lines, multiline)
        probabilities = workspace.predict(parsed)
        workspace.finish_example(parsed)
        draw, chosen = rng.random() * sum(probabilities), len(probabilities) - 1
        for k, p in enumerate(probabilities):
            if draw < p:
                chosen = k
                break
            draw -= p
        reward = rewards[example][chosen]
        rewards_seen.append(reward)
        lines[chosen + 1] = f"0:{1 - reward:.6f}:{probabilities[chosen]:.6f} {lines[chosen + 1]}"
        parsed = workspace.parse(lines, multiline)
        workspace.learn(parsed)
        workspace.finish_example(parsed)
    workspace.finish()
    mean = lambda part: sum(part) / len(part)
    return {
        "first200": mean(rewards_seen[:200]),
        "first1000": mean(rewards_seen[:1000]),
        "all": mean(rewards_seen),
        "last": mean(rewards_seen[-500:]),
        **({"rewards": rewards_seen} if keep else {}),
    }


def main():
    result = {}
    for data in json.load(sys.stdin)["sets"]:
        per_configuration = {}
        for name, flags in EXPLORERS.items():
            for quadratic in (False, True):
                crosses = "-q sa -q ta" if data["text"] else "-q sa"
                if quadratic:
                    crosses += " --interactions sta" if data["text"] else " --interactions ssa"
                label = name + (" quadratic" if quadratic else "")
                per_configuration[label] = [
                    run(
                        f"--cb_explore_adf {flags} {crosses} --quiet --random_seed {i + 1}",
                        data["contexts"],
                        data["actions"],
                        data["rewards"],
                        order,
                        i,
                        data.get("keep", False),
                    )
                    for i, order in enumerate(data["orders"])
                ]
        result[data["name"]] = per_configuration
    print(json.dumps(result))


main()
