"""What learns: specs that build Equinox modules on one example. A new net is a new file."""

from grokscope.nets.cnn import Cnn, CnnNet
from grokscope.nets.complete import Complete, CompleteNet
from grokscope.nets.decoder import TransformerNet
from grokscope.nets.mlp import MLP, MLPNet
from grokscope.nets.published import from_published, to_published
from grokscope.nets.transformer import Transformer

__all__ = [
    "MLP",
    "Cnn",
    "CnnNet",
    "Complete",
    "CompleteNet",
    "MLPNet",
    "Transformer",
    "TransformerNet",
    "from_published",
    "to_published",
]
