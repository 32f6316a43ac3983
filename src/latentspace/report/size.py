"""The claims of slides 7-20, with their targets; the values come from the metrics of the stages."""

from __future__ import annotations

from latentspace.report.claim import Claim

PENALTIES = {
    "none": "no penalty",
    "l2_encoder": "L2 penalty on the encoder",
    "l2_both": "L2 penalty on encoder and decoder",
    "contractive": "contractive penalty",
}
SHAPES = {"digits": "digits", "corpus_callosum": "the corpus callosum"}

RECONSTRUCTION = [
    Claim(
        id="size.bias.test_mse",
        stage="size_reconstruction",
        formula="mean over test disks and pixels of (D∘E(x) − x)²; d = 1, with biases",
        slide="8, 11",
        unit="per pixel",
        relation="<=",
        target=7e-4,
        reference="perfect reconstruction: 0",
    ),
    Claim(
        id="size.bias.radius_error_px",
        stage="size_reconstruction",
        formula="mean over test disks with r ∈ [1, R − 1] of |√(Σ D∘E(x)/π) − √(Σ x/π)|",
        slide="11",
        unit="px",
        relation="<=",
        target=0.1,
        reference="a tenth of a pixel",
    ),
    Claim(
        id="size.linear_encoder.test_mse",
        stage="size_reconstruction",
        formula="as size.bias.test_mse, encoder without biases and LeakyReLU",
        slide="13, 19",
        unit="per pixel",
        reference="compare size.bias.test_mse",
    ),
    *(
        Claim(
            id=f"size.code_{d}.test_mse",
            stage="size_reconstruction",
            formula=f"as size.bias.test_mse with d = {d}",
            slide="8",
            unit="per pixel",
            reference="compare size.bias.test_mse",
        )
        for d in (2, 4)
    ),
]

CODE = [
    Claim(
        id="size.linear_encoder.averaging_cosine",
        stage="size_weights",
        formula="|cosine| between the linear encoder's effective filter w, E(x) = ⟨w, x⟩, and the constant image",
        slide="13",
        reference="averaging filter: 1",
    ),
    Claim(
        id="size.linear_encoder.ring_cosine",
        stage="size_weights",
        formula="the same of the means of w over rings about the centre, all that a disk's code depends on",
        slide="13",
        reference="averaging filter: 1",
    ),
    Claim(
        id="size.bias.code_area_pearson",
        stage="size_code",
        formula="|Pearson correlation| of z with r² over the test disks",
        slide="13",
        relation=">=",
        target=0.99,
        reference="starts as averages, at a twentieth of the decoder's rate; compare size.equal_rate.code_area_pearson",
    ),
    Claim(
        id="size.equal_rate.code_area_pearson",
        stage="size_code",
        formula="as size.bias.code_area_pearson, encoder at the decoder's learning rate",
        slide="13",
        reference="eq. 1 does not determine the code: between the third and fourth power of the radius",
    ),
    Claim(
        id="size.contractive.area_r2",
        stage="size_code",
        formula="R² of the code as an affine function of r², at the weight of the contractive penalty that is best on "
        "validation disks",
        slide="13 (footnote)",
        relation=">=",
        target=0.999,
        reference="the optimal code is the area",
        trained=("size_train@contractive_1",),
    ),
    Claim(
        id="size.contractive_averaging.area_r2",
        stage="size_code",
        formula="as size.contractive.area_r2, averaging initialisation: converges to the first principal component",
        slide="13 (footnote)",
        reference="docs/size.md",
    ),
    Claim(
        id="size.contractive.test_mse",
        stage="size_code",
        formula="as size.bias.test_mse, at the weight of size.contractive.area_r2",
        slide="13 (footnote)",
        unit="per pixel",
        trained=("size_train@contractive_1",),
    ),
]

ABLATION = [
    Claim(
        id="size.bias_free.homogeneity_error",
        stage="size_ablation",
        formula="largest ‖D(λz) − λD(z)‖ / ‖λD(z)‖ over test codes and λ ∈ {0.1, 0.5, 2, 10}; cannot fail, checked by "
        "tests/size/test_ablation.py",
        slide="15 (eq. 2)",
        unit="relative",
        reference="0 for any weights",
    ),
    Claim(
        id="size.bias.homogeneity_error",
        stage="size_ablation",
        formula="as size.bias_free.homogeneity_error, decoder with biases; refuted if training makes no use of them",
        slide="15 (eq. 2)",
        unit="relative",
        relation=">=",
        target=1.0,
        statistic="min",
        reference="fails with biases: as large as the image",
    ),
    Claim(
        id="size.bias_free.single_sign",
        stage="size_ablation",
        formula="1 if all test codes have one sign, otherwise 0; averaging initialisation; refuted by one training "
        "that uses both signs",
        slide="15-16",
        unit="share of seeds",
        relation="=",
        target=1.0,
        statistic="min",
        reference="y = h(r) f with one f",
    ),
    Claim(
        id="size.random_init.single_sign",
        stage="size_ablation",
        formula="share of 10 seeds whose test codes all have one sign; He's random initialisation",
        slide="15-16",
        unit="share of seeds",
        reference="not guaranteed",
    ),
]

THEORY = [
    Claim(
        id="size.theory.k_r3",
        stage="size_theory",
        formula="(9/4) j², j the first zero of J₋₁/₃: the k R³ for which f(R) = 0; cannot fail, checked by "
        "tests/size/test_optimum.py",
        slide="17 (eq. 8)",
        reference="derived in docs/size.md",
    ),
    Claim(
        id="size.theory.numerical_k_r3",
        stage="size_theory",
        formula="−R³ Σ f″·fρ / Σ (fρ)² of the eigenproblem's f, computed without Airy's equation; refuted if eq. 8 has "
        "another k, as with another boundary condition than f(R) = 0",
        slide="17 (eq. 8)",
        relation="=",
        target=(7.83735, 1e-3),
        reference="size.theory.k_r3",
    ),
    Claim(
        id="size.theory.explained_share",
        stage="size_theory",
        formula="top eigenvalue of the decoding energy over ∫‖1_Br‖² dr, from the eigenproblem; refuted by another k",
        slide="16-17 (eqs. 3-7)",
        relation="=",
        target=(0.76556, 1e-4),
        reference="6 / (k R³)",
    ),
    Claim(
        id="size.theory.numerical_airy_l2",
        stage="size_theory",
        formula="2-D relative L2 distance between the eigenproblem's f and Airy's closed form; refuted if eq. 8 is not "
        "the equation of the optimum",
        slide="17-18 (eq. 8)",
        unit="relative",
        relation="<=",
        target=1e-4,
        reference="the same function",
    ),
    Claim(
        id="size.bias_free.energy_ratio",
        stage="size_airy",
        formula="Σ_r⟨f, x_r⟩² / (‖f‖² σ₁²), f the top right-singular vector of the outputs, σ₁ of the test images",
        slide="18 (eq. 3)",
        relation=">=",
        target=0.998,
        reference="1 at the optimum, never above",
    ),
    Claim(
        id="size.bias_free.airy_l2",
        stage="size_airy",
        formula="2-D relative L2 distance between that f and Airy's closed form on the pixel grid",
        slide="18",
        unit="relative",
        relation="<=",
        target=0.02,
        reference="0 for the continuous optimum",
    ),
    Claim(
        id="size.optimum.airy_l2",
        stage="size_airy",
        formula="as size.bias_free.airy_l2 for the optimum on the pixel grid: the effect of blur and pixels alone",
        slide="18",
        unit="relative",
    ),
]

GENERALISATION = [
    Claim(
        id="size.bias.threshold_r2",
        stage="size_primitive",
        formula="R² of the best clip(h(r) f − t, 0, 1) over all test outputs and pixels",
        slide="19",
        reference="scaled and thresholded: 1",
    ),
    *(
        Claim(
            id=f"size.hole.{name}.radius_error_px",
            stage="size_hole",
            formula=f"mean |radius of output − of input|, test r ∈ [11, 18], excluded from training; {words}",
            slide="20 (generalisation)",
            unit="px",
            reference="best in the ICLR-2018 paper, not here" if name == "l2_encoder" else "",
        )
        for name, words in PENALTIES.items()
    ),
]


def silhouettes(name: str, words: str) -> list[Claim]:
    """Claims of slide 20 on one family of silhouettes, `words` in words."""
    trainings = ("size_train_silhouette@bias_free",)  # with biases equally long
    return [
        Claim(
            id=f"size.{name}.energy_ratio",
            stage="size_silhouette_primitives",
            formula=f"as size.bias_free.energy_ratio on scaled silhouettes of {words}",
            slide="20",
            relation=">=",
            target=0.99,
            reference="top eigenfunction: 1",
            trained=trainings,
        ),
        Claim(
            id=f"size.{name}.mse_ratio",
            stage="size_silhouette_primitives",
            formula=f"test MSE without biases over test MSE with biases, silhouettes of {words}",
            slide="20",
            relation=">=",
            target=5.0,
            reference="biases threshold",
            trained=trainings,
        ),
    ]


CLAIMS = [
    *RECONSTRUCTION,
    *CODE,
    *ABLATION,
    *THEORY,
    *GENERALISATION,
    *(claim for name, words in SHAPES.items() for claim in silhouettes(name, words)),
]
