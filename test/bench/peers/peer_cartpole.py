"""Steps Gymnasium's CartPole from given states by given actions.

Input: {"episodes": [{"start": [4 numbers], "actions": [0 or 1, ...]}]}
Output: {"version": str, "episodes": [{"observations": [[4 numbers], ...], "terminated": bool}]}, steps until the end only
"""

import json
import sys

import gymnasium as gym
import numpy as np

env = gym.make("CartPole-v1").unwrapped
episodes = []
for episode in json.load(sys.stdin)["episodes"]:
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
    episodes.append({"observations": observations, "terminated": terminated})
print(json.dumps({"version": gym.__version__, "episodes": episodes}))
