"""The experiment on the decoding energy; it imports no network code."""

import subprocess
import sys

import numpy as np
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.size import optimum, theory


def test_curvature_of_a_curve_that_solves_the_equation():
    rho = np.linspace(0.5, 7, 2001)
    assert theory.curvature(rho, optimum.airy_profile(rho, 7.5)) * 7.5**3 == pytest.approx(optimum.k_r3(), rel=1e-4)
    assert theory.curvature(rho, 2 - rho) == pytest.approx(0, abs=1e-6)


def test_experiment(complete):
    findings = theory.experiment(1000, 31.5)
    names = ("k_r3", "numerical_k_r3", "explained_share", "closed_form_share", "numerical_airy_l2")
    assert complete(findings, {}, ["profile.png"]) == {f"theory.{name}" for name in names}
    assert value_of(findings.rows, "theory", "numerical_k_r3") == pytest.approx(optimum.k_r3(), rel=1e-4)
    assert value_of(findings.rows, "theory", "explained_share") == pytest.approx(optimum.explained_share(), rel=1e-5)
    assert value_of(findings.rows, "theory", "numerical_airy_l2") < 1e-5


def test_the_theory_is_imported_without_torch():
    code = "import sys, latentspace.size.theory; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
