"""sb3-contrib's MaskablePPO on environments that live in the calling process.

Lines of JSON on both sides. The first line read is the task: {"inputs", "actions", "envs", "steps", "seed", "gamma",
"lambda", "entropy", "rollout", "epochs"}. A line written is {"reset": true} or {"step": [one action for each environment]}, and is
answered by {"observations", "rewards", "dones", "masks", "returns"}; an environment that is done has begun anew. The last
line written is {"layers": [...], "seconds", "cpuSeconds"}: the policy network, its weights row-major by input.
"""

import json
import sys
import time

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import VecEnv

waited = 0.0


def ask(question):
    global waited
    since = time.perf_counter()
    print(json.dumps(question), flush=True)
    answer = json.loads(sys.stdin.readline())
    waited += time.perf_counter() - since
    return answer


class Remote(VecEnv):
    def __init__(self, task):
        observations = gym.spaces.Box(0, 1, (task["inputs"],), np.float32)
        super().__init__(task["envs"], observations, gym.spaces.Discrete(task["actions"]))
        self.masks = None
        self.actions = None

    def observed(self, answer):
        self.masks = np.array(answer["masks"], dtype=bool)
        return np.array(answer["observations"], dtype=np.float32)

    def reset(self):
        return self.observed(ask({"reset": True}))

    def step_async(self, actions):
        self.actions = [int(a) for a in actions]

    def step_wait(self):
        answer = ask({"step": self.actions})
        infos = [{"episode": {"r": r, "l": 1, "t": 0}} if done else {} for r, done in zip(answer["returns"], answer["dones"])]
        return self.observed(answer), np.array(answer["rewards"], dtype=np.float32), np.array(answer["dones"]), infos

    def has_attr(self, name):
        return name == "action_masks"

    def env_method(self, name, *args, indices=None, **kwargs):
        assert name == "action_masks"
        return list(self.masks)

    def close(self):
        pass

    def get_attr(self, name, indices=None):
        return [None] * self.num_envs

    def set_attr(self, name, value, indices=None):
        pass

    def env_is_wrapped(self, wrapper, indices=None):
        return [False] * self.num_envs


def layers(policy):
    hidden = [m for m in policy.mlp_extractor.policy_net if isinstance(m, torch.nn.Linear)]
    for module, activation in [*((m, "tanh") for m in hidden), (policy.action_net, "linear")]:
        weight = module.weight.detach().numpy()
        yield {
            "inputs": weight.shape[1], "outputs": weight.shape[0], "activation": activation,
            "weights": weight.T.ravel().tolist(), "bias": module.bias.detach().numpy().tolist(),
        }


task = json.loads(sys.stdin.readline())
torch.set_num_threads(1)
model = MaskablePPO(
    "MlpPolicy", Remote(task), seed=task["seed"], device="cpu", n_steps=task["rollout"], batch_size=256,
    n_epochs=task["epochs"], gamma=task["gamma"], gae_lambda=task["lambda"], ent_coef=task["entropy"],
    learning_rate=lambda left: left * 0.001, clip_range=lambda left: left * 0.2,
)
started, started_cpu = time.perf_counter(), time.process_time()
model.learn(task["steps"])
seconds = time.perf_counter() - started - waited
print(json.dumps({"layers": list(layers(model.policy)), "seconds": seconds, "cpuSeconds": time.process_time() - started_cpu}))
