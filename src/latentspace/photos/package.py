"""The photographic generator as it is published: four data files of the package random-face, from pip's package index.

No data set of faces may be redistributed, but this generator may be downloaded. For research use only: its weights were
distilled from a StyleGAN2 released for research and evaluation.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from latentspace.pipeline.stage import Stage

PACKAGE = "random-face==2021.7.21.1"
SHA256 = "e5d10e2be7df63f06123855ec591ca35dcb1d059eba47ddcb175d7d26b4019b5"
FILES = tuple(f"{name}Network.{kind}" for name in ("Mapping", "Synthesis") for kind in ("xml", "bin"))


def download_and_say(run: Stage) -> None:
    """Body of the stages that download the files to data/files."""
    download(run.output("data/files"))
    run.say(f"{len(FILES)} files of {PACKAGE}; research use only")


def download(folder: Path) -> None:
    """Write the generator's four files to `folder`, from pip's package index.

    Raises:
        ValueError: if the package cannot be downloaded, or its digest is not `SHA256`.
    """
    with tempfile.TemporaryDirectory() as made:
        wanted = Path(made) / "requirements.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run(
            [*pip, "--dest", made, "--requirement", str(wanted)], capture_output=True, text=True, check=False
        )
        wheels = list(Path(made).glob("*.whl"))
        if done.returncode or not wheels:
            reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
            raise ValueError(f"{PACKAGE} cannot be downloaded: {reason[:200]}")
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheels[0]) as archive:
            for file in FILES:
                (folder / file).write_bytes(archive.read(f"random_face/data/{file}"))
