"""Two processes that share a batch train the same networks as one."""

import os
import subprocess
import sys

import pytest
import torch

from latentspace.nn import distributed

from . import together


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Networks and losses by name, of one process and of two."""
    folder = tmp_path_factory.mktemp("two")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([*launcher, together.__file__, str(folder)], env=environment, check=True, capture_output=True)
    return together.results(tmp_path_factory.mktemp("one")), torch.load(folder / "results.pt"), folder


@pytest.mark.pipeline
@pytest.mark.parametrize("part", ["covariance", "distance_correlation", "average", "discriminator"])
def test_two_slices_equal_one_batch(both, part):
    one, two, _ = both
    names = [name for name in one if name.startswith(part)]
    assert names and one.keys() == two.keys()
    for name in names:
        torch.testing.assert_close(two[name], one[name], rtol=1e-5, atol=1e-5, msg=name)


@pytest.mark.pipeline
def test_only_the_first_process_writes(both):
    folder = both[2]
    assert list(folder.rglob("*.pt")) and not list(folder.rglob("*.tmp*"))


def test_one_process_gets_back_what_it_gives():
    x = torch.randn(6, 2)
    assert distributed.shard(x) is x and distributed.gather(x) is x
    torch.manual_seed(0)
    noise = distributed.noise_like(x)
    torch.manual_seed(0)
    assert torch.equal(noise, torch.randn_like(x))
    assert distributed.averaged({"loss": x.mean()}) == {"loss": float(x.mean())}


def test_slices_put_together_are_the_batch(monkeypatch):
    x = torch.arange(12).reshape(6, 2).float()
    monkeypatch.setenv("WORLD_SIZE", "3")
    slices, noise = [], []
    for number in range(3):
        monkeypatch.setenv("RANK", str(number))
        slices.append(distributed.shard(x))
        torch.manual_seed(0)
        noise.append(distributed.noise_like(slices[-1]))
    assert torch.equal(torch.cat(slices), x)
    torch.manual_seed(0)
    assert torch.equal(torch.cat(noise), torch.randn_like(x)), "noise is that of the batch, whoever draws it"


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ValueError, match="a batch of 64 cannot be shared evenly by 3 processes"):
        distributed.check_batch(64)
