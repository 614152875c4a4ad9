"""Stable-Baselines3's PPO and DQN on CartPole-v1 and Acrobot-v1 with the tuned settings published in rl-baselines3-zoo.

Input: {"env": "CartPole-v1" | "Acrobot-v1", "algorithm": "ppo" | "dqn", "seed": int, "total_steps": int, "every": int, "episodes": int, "target": float}
Output: {"steps": steps to the target or null, "seconds" and "cpuSeconds" of training without evaluation, "returns": [...]}
"""

import json
import sys
import time

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize


def linear(start):
    return lambda left: left * start


def acrobot(algorithm, seed):
    if algorithm == "ppo":
        env = VecNormalize(make_vec_env("Acrobot-v1", n_envs=16, seed=seed))
        return PPO("MlpPolicy", env, seed=seed, device="cpu", n_steps=256, n_epochs=4, gamma=0.99, gae_lambda=0.94, ent_coef=0.0)
    env = make_vec_env("Acrobot-v1", n_envs=1, seed=seed)
    return DQN(
        "MlpPolicy", env, seed=seed, device="cpu", learning_rate=6.3e-4, batch_size=128, buffer_size=50_000,
        learning_starts=0, gamma=0.99, target_update_interval=250, train_freq=4, gradient_steps=-1,
        exploration_fraction=0.12, exploration_final_eps=0.1, policy_kwargs={"net_arch": [256, 256]},
    )


def cartpole(algorithm, seed):
    if algorithm == "ppo":
        env = make_vec_env("CartPole-v1", n_envs=8, seed=seed)
        return PPO(
            "MlpPolicy", env, seed=seed, device="cpu", n_steps=32, batch_size=256, n_epochs=20, gamma=0.98,
            gae_lambda=0.8, ent_coef=0.0, learning_rate=linear(0.001), clip_range=linear(0.2),
        )
    env = make_vec_env("CartPole-v1", n_envs=1, seed=seed)
    return DQN(
        "MlpPolicy", env, seed=seed, device="cpu", learning_rate=2.3e-3, batch_size=64, buffer_size=100_000,
        learning_starts=1000, gamma=0.99, target_update_interval=10, train_freq=256, gradient_steps=128,
        exploration_fraction=0.16, exploration_final_eps=0.04, policy_kwargs={"net_arch": [256, 256]},
    )


def evaluate(model, name, episodes, seed):
    envs = [gym.make(name) for _ in range(episodes)]
    observations = np.array([env.reset(seed=seed + i)[0] for i, env in enumerate(envs)])
    returns = np.zeros(episodes)
    active = np.ones(episodes, dtype=bool)
    while active.any():
        index = np.flatnonzero(active)
        seen = observations[index]
        if isinstance(model.get_env(), VecNormalize):
            seen = model.get_env().normalize_obs(seen)
        actions, _ = model.predict(seen, deterministic=True)
        for i, action in zip(index, actions):
            observations[i], reward, terminated, truncated, _ = envs[i].step(int(action))
            returns[i] += reward
            active[i] = not (terminated or truncated)
    return float(returns.mean())


class Evaluations(BaseCallback):
    def __init__(self, task):
        super().__init__()
        self.task = task
        self.next = task["every"]
        self.returns = []
        self.solved = None
        self.evaluating = 0.0
        self.evaluating_cpu = 0.0

    def _on_step(self):
        if self.num_timesteps < self.next:
            return True
        self.next += self.task["every"]
        started = time.perf_counter()
        started_cpu = time.process_time()
        self.returns.append(evaluate(self.model, self.task["env"], self.task["episodes"], 1_000_000 + self.task["seed"]))
        self.evaluating += time.perf_counter() - started
        self.evaluating_cpu += time.process_time() - started_cpu
        if self.returns[-1] < self.task["target"]:
            return True
        self.solved = self.num_timesteps
        return False


task = json.load(sys.stdin)
# One thread: on networks this small the second one costs more than it brings.
torch.set_num_threads(1)
model = {"CartPole-v1": cartpole, "Acrobot-v1": acrobot}[task["env"]](task["algorithm"], task["seed"])
callback = Evaluations(task)
started = time.perf_counter()
started_cpu = time.process_time()
model.learn(task["total_steps"], callback=callback)
seconds = time.perf_counter() - started - callback.evaluating
cpu_seconds = time.process_time() - started_cpu - callback.evaluating_cpu
figures = {"steps": callback.solved, "seconds": seconds, "cpuSeconds": cpu_seconds, "returns": callback.returns}
print(json.dumps(figures))
