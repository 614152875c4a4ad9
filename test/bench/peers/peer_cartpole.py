"""Steps Gymnasium's CartPole, or another environment of four numbers, from given states by given actions.

Input: {"env": "CartPole-v1" by default, "episodes": [{"start": [4 numbers], "actions": [0 or 1, ...]}]}
Output: {"version": str, "episodes": [{"observations": [[4 numbers], ...], "terminated": bool}]}, steps until the end only

With the argument `fixture` it draws the episodes itself and prints test/environments/cart-pole-reference.jsonl:
    python test/bench/peers/peer_cartpole.py fixture > test/environments/cart-pole-reference.jsonl
"""

import json
import sys

import gymnasium as gym
import numpy as np

env = gym.make("CartPole-v1").unwrapped


def play(episode, env=env):
    env.reset(seed=0)
    env.state = np.array(episode["start"], dtype=np.float64)
    env.steps_beyond_terminated = None
    observations = []
    terminated = False
    for action in episode["actions"]:
        observation, _, terminated, _, _ = env.step(action)
        observations.append([float(v) for v in observation])
        if terminated:
            break
    return {"observations": observations, "terminated": bool(terminated)}


def drawn():
    """24 episodes: half from Gymnasium's own starts, half from anywhere within the bounds; a third of the actions follow the pole."""
    rng = np.random.default_rng(20)
    scale = np.array([2.3, 2.0, 0.2, 2.0])
    for i in range(24):
        start = rng.uniform(-0.05, 0.05, 4) if i % 2 == 0 else rng.uniform(-1, 1, 4) * scale
        env.reset(seed=0)
        env.state = np.array(start)
        env.steps_beyond_terminated = None
        actions = []
        while len(actions) < 60:
            balancing = int(env.state[2] + 0.3 * env.state[3] > 0)
            actions.append(balancing if rng.random() < (i % 4) / 3 else int(rng.integers(2)))
            if env.step(actions[-1])[2]:
                break
        yield {"start": [float(v) for v in start], "actions": actions}


if sys.argv[1:] == ["fixture"]:
    print(json.dumps({"source": f"Gymnasium {gym.__version__}, CartPole-v1, numpy {np.__version__}"}))
    for episode in drawn():
        answer = play(episode)
        # Nine digits tell single-precision numbers apart.
        answer["observations"] = [[float(f"{v:.9g}") for v in o] for o in answer["observations"]]
        print(json.dumps({**episode, **answer}, separators=(",", ":")))
else:
    task = json.load(sys.stdin)
    other = gym.make(task.get("env", "CartPole-v1")).unwrapped
    print(json.dumps({"version": gym.__version__, "episodes": [play(e, other) for e in task["episodes"]]}))
