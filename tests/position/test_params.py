"""Wrong sections of params.yaml are named; budgets in scipy's words."""

import pytest

from latentspace.pipeline.params import ParamsError, parse
from latentspace.position.params import LBFGS, Autoencoder, Decoder


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"line": {"image_size": 48, "widths": [4] * 7}}, "line.image_size = 48"),
        ({"line": {"image_size": 64, "widths": [4] * 6}}, "64 places need 7 widths"),
        ({"positions": []}, "positions = []"),
        ({"positions": [64, 1]}, "positions.1 = 1"),
        ({"positions_2d": 0}, "positions_2d = 0"),
        ({"coordconv_batch_size": 0}, "coordconv_batch_size = 0"),
    ],
)
def test_a_wrong_decoder_section_is_named(params, change, says):
    with pytest.raises(ParamsError, match=r"params\.yaml: position_train_decoder") as error:
        parse(Decoder, params["position_train_decoder"] | change, "position_train_decoder")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("change", "says"), [({"encoder_width": 1}, "encoder_width = 1"), ({"encoder_rate": 0.0}, "encoder_rate = 0.0")]
)
def test_a_wrong_autoencoder_section_is_named(params, change, says):
    with pytest.raises(ParamsError, match=r"params\.yaml: position_train_autoencoder") as error:
        parse(Autoencoder, params["position_train_autoencoder"] | change, "position_train_autoencoder")
    assert says in str(error.value)


def test_only_the_budget_ends_lbfgs():
    options = LBFGS(evaluations=7, memory=3).options
    assert options == {"maxiter": 7, "maxfun": 7, "maxcor": 3, "ftol": 0.0, "gtol": 0.0}
