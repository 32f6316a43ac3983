"""Codes and factors whose scores follow from their definitions."""

import numpy as np

LEVELS = (np.arange(20) - 9.5) / 9.5


GRID = np.stack(np.meshgrid(LEVELS, LEVELS, indexing="ij"), -1).reshape(-1, 2)  # independent, of equal variance


FACTORS = {"u": GRID[:, 0], "v": GRID[:, 1]}


def normal(n, k, seed=0):
    return np.random.default_rng(seed).standard_normal((n, k))


def named(values):
    return {f"f{i}": column for i, column in enumerate(values.T)}


def turned(codes, angle):
    points = (codes[:, 0] + 1j * codes[:, 1]) * np.exp(1j * angle)  # counter-clockwise
    return np.column_stack([points.real, points.imag])
