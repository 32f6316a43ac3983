"""The layers of the report's page in torch, in double precision, each as its description says."""

import torch.nn.functional as F


def computed(layers, x, *, half=False):
    """Planes (n, channels, side, side), or numbers, from numbers (n, count); with weights as in the page if `half`."""
    x = x.double()
    for layer in layers:
        x = ONE[layer.op](x, layer.numbers, *parameters(layer, half))
    return x


def parameters(layer, half):
    if not layer.weights:
        return ()
    weight, bias = (tensor.detach() for tensor in layer.weights)
    return (weight.half() if half else weight).double(), (bias.float() if half else bias).double()


def planes(x, channels):
    side = round((x[0].numel() / channels) ** 0.5)
    return x.reshape(len(x), channels, side, side)


def norm(x, numbers):
    square = planes(x, numbers[0]).square().mean(1, keepdim=True)
    return (planes(x, numbers[0]) / (square + numbers[1]).sqrt()).view_as(x)


def doubled(x, numbers, weight, bias):
    return F.conv2d(F.interpolate(planes(x, numbers[1]), scale_factor=2.0), weight, bias, padding=1)


ONE = {
    "linear": lambda x, _, weight, bias: F.linear(x.flatten(1), weight, bias),
    "convolution": lambda x, n, weight, bias: F.conv2d(planes(x, n[1]), weight, bias, padding=n[2] // 2),
    "transposed": lambda x, n, *both: F.conv_transpose2d(planes(x, n[0]), *both, stride=2, padding=1),
    "doubled": doubled,
    "norm": norm,
    "shuffle": lambda x, n: F.pixel_shuffle(planes(x, n[0] * n[1] ** 2), n[1]),
    "leaky": lambda x, n: F.leaky_relu(x, n[0]),
    "silu": lambda x, _: F.silu(x),
    "sigmoid": lambda x, _: x.sigmoid(),
}
