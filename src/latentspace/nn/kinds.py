"""Classes of the networks by kind, the name that model files use instead of a module's.

A class may move, its kind does not change. `FORMER` maps the names in files older than kinds to kinds.
"""

from __future__ import annotations

KINDS = {
    "shape_autoencoder": "size.network.ShapeAutoencoder",
    "position_encoder": "position.networks.PositionEncoder",
    "position_decoder": "position.networks.PositionDecoder",
    "position_autoencoder": "position.networks.PositionAutoencoder",
    "coordconv_decoder": "position.networks.CoordConvDecoder",
    "packet_autoencoder": "pca.networks.PacketAutoencoder",
    "conv_encoder": "pca.networks.ConvEncoder",
    "conv_decoder": "pca.networks.ConvDecoder",
    "dense_network": "pca.networks.DenseNetwork",
    "scaled_model": "pca.scaling.ScaledModel",
    "linear_pca": "pca.baselines.LinearPCA",
    "mean_head": "pca.baselines.MeanHead",
    "denormalised": "pca.baselines.Denormalised",
    "organised_latents": "pca.afterwards.OrganisedLatents",
    "generator": "gan.network.Generator",
    "discriminator": "pretraining.discriminator.Discriminator",
    "regressor": "gan.regressor_network.Regressor",
    "program": "gan.formats.program.Program",
    "local_model": "gan.local.LocalModel",
    "directions": "gan.directions.Directions",
    "affine": "gan.affine.Affine",
    "bent": "gan.affine.Bent",
    "smooth_decoder": "gan.smooth_decoder.SmoothDecoder",
}

FORMER = {
    "size.network.ShapeAutoencoder": "shape_autoencoder",
    "position.network.PositionEncoder": "position_encoder",
    "position.network.PositionDecoder": "position_decoder",
    "position.network.PositionAutoencoder": "position_autoencoder",
    "position.network.CoordConvDecoder": "coordconv_decoder",
    "organise.pca_autoencoder.PCAAutoencoder": "packet_autoencoder",
    "organise.network.ConvEncoder": "conv_encoder",
    "organise.network.ConvDecoder": "conv_decoder",
    "organise.network.DenseNetwork": "dense_network",
    "organise.baselines.LinearPCA": "linear_pca",
    "organise.baselines.MeanHead": "mean_head",
    "organise.baselines.Denormalised": "denormalised",
    "organise.baselines.OrganisedLatents": "organised_latents",
    "gan.network.Generator": "generator",
    "gan.network.Discriminator": "discriminator",
    "gan.attributes.Regressor": "regressor",
    "gan.neighbourhood.LocalModel": "local_model",
    "gan.directions.Directions": "directions",
}
