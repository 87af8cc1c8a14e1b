# mypy: no-warn-unused-ignores, no-disallow-subclassing-any
"""CLIP models: made small here, or loaded from a folder or the hub; tuned whole, by a head, or low-rank."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from grokscope.spec import InputError
from grokscope_paperclip.learning.configuration import tiny_config
from grokscope_paperclip.learning.losses import LARGEST_SCALE
from grokscope_paperclip.learning.parts import Clip, Contrast

MLP_WIDTH = 1024
RAW_SCALE, SIGMOID_SCALE, SIGMOID_BIAS = math.log(100), math.log(10), -10.0


class Head(nn.Module):
    """An MLP and a fresh projection on the pooled output of a frozen tower."""

    def __init__(self, width: int, out: int):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, MLP_WIDTH), nn.GELU("tanh"), nn.Linear(MLP_WIDTH, width))
        self.projection = nn.Linear(width, out, bias=False)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.projection(self.mlp(pooled))  # type: ignore[no-any-return]


class Towers(nn.Module):
    """Pictures and texts to unit vectors of one space, and the scale and bias of the loss."""

    def __init__(self, clip: Any, *, head: bool = False, scale: str = "exp"):
        super().__init__()
        self.clip, self.scaling = clip, scale
        self.bias = nn.Parameter(torch.zeros(()))
        config = clip.config
        widths = (config.vision_config.hidden_size, config.text_config.hidden_size)
        self.heads = nn.ModuleList(Head(width, config.projection_dim) for width in widths) if head else None

    def images(self, pixels: Tensor) -> Tensor:
        """(n, 3, crop, crop) normalised pixels -> (n, dim) unit vectors."""
        if self.heads is not None:
            return normalize(self.heads[0](self.clip.vision_model(pixel_values=pixels).pooler_output), dim=-1)
        return normalize(_vector(self.clip.get_image_features(pixel_values=pixels)), dim=-1)

    def texts(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(n, tokens) ids and mask -> (n, dim) unit vectors."""
        if self.heads is not None:
            found = self.clip.text_model(input_ids=ids, attention_mask=mask).pooler_output
            return normalize(self.heads[1](found), dim=-1)
        return normalize(_vector(self.clip.get_text_features(input_ids=ids, attention_mask=mask)), dim=-1)

    @property
    def scale(self) -> Tensor:
        """The factor of cosines."""
        stored: Tensor = self.clip.logit_scale
        return stored if self.scaling == "raw" else stored.exp().clamp(max=LARGEST_SCALE)

    def forward(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.images(pixels), self.texts(ids, mask), self.scale, self.bias


def _vector(features: Any) -> Tensor:
    """Transformers 5 returns an object whose pooler_output is the projected vector, 4 the vector itself."""
    found: Tensor = getattr(features, "pooler_output", features)
    return found


def build(net: Clip, loss: Contrast, *, seed: int, source: str | None = None) -> Towers:
    """The towers of a spec, their random weights drawn from `seed`.

    Args:
        source: folder or hub name of the base model, unless it is tiny.

    Raises:
        InputError: the base model cannot be loaded, or does not fit the spec.
    """
    from transformers import CLIPModel

    torch.manual_seed(seed)
    if source is None:
        clip = CLIPModel(tiny_config(net))
    else:
        clip = load_clip(source)
        config = clip.config
        if (config.vision_config.image_size, config.text_config.max_position_embeddings) != (net.crop, net.context):
            raise InputError(
                f"{source}: found a model of {config.vision_config.image_size} pixels and "
                f"{config.text_config.max_position_embeddings} tokens, expected {net.crop} and {net.context}"
            )
        if net.mode == "scratch":
            clip = CLIPModel(config)
    towers = Towers(clip, head=net.mode == "head", scale=loss.scale)
    with torch.no_grad():
        if loss.kind_of == "sigmoid":
            towers.bias.fill_(SIGMOID_BIAS)
        if net.mode == "head":
            clip.logit_scale.fill_(float(clip.config.logit_scale_init_value or 0.0))
        ours = RAW_SCALE if loss.scale == "raw" else SIGMOID_SCALE if loss.kind_of == "sigmoid" else 0.0
        if initial := loss.initial or ours:
            clip.logit_scale.fill_(initial)
    return set_trainable(towers, net, loss)


def set_trainable(towers: Towers, net: Clip, loss: Contrast) -> Towers:
    """Freeze what the mode does not train, and add what it does."""
    clip = towers.clip
    if net.mode == "head":
        for name, weight in clip.named_parameters():
            weight.requires_grad_(name == "logit_scale")
    if net.mode == "lora":
        from peft import LoraConfig, inject_adapter_in_model

        names = ["q_proj", "v_proj"]
        settings = LoraConfig(r=net.rank, lora_alpha=2 * net.rank, target_modules=names)
        for weight in clip.parameters():
            weight.requires_grad_(False)
        inject_adapter_in_model(settings, clip)
        clip.logit_scale.requires_grad_(True)
    towers.bias.requires_grad_(loss.kind_of == "sigmoid")
    return towers


def merge_lora(towers: Towers) -> Towers:
    """The same function without low-rank additions: they are added to the weights they are of."""
    from peft.tuners.lora import LoraLayer

    for parent in list(towers.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LoraLayer):
                child.merge()
                setattr(parent, name, child.get_base_layer())
    return towers


def load_clip(source: str) -> Any:
    """A CLIPModel from a folder or the hub, in float32.

    Raises:
        InputError: in one line, why there is none.
    """
    from transformers import CLIPModel

    try:
        return CLIPModel.from_pretrained(source, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(f"{source}: {said} (expected a folder or a hub name of a CLIP model)") from error
