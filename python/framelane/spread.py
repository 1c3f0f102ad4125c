"""What `Publisher.write` was given, as planes of a format and size."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional

import numpy as np

from .errors import BadArgument
from .formats import format_named, frame_layout
from .frame import Frame


class Spread(NamedTuple):
    """Planes to copy, and what they make up."""

    planes: List[np.ndarray]
    format: str
    width: int
    height: int


def _guess_format(array: np.ndarray) -> str:
    channels = array.shape[2] if array.ndim == 3 else 1
    found = {(1, 1): "gray8", (1, 2): "gray16le", (3, 1): "rgb24", (4, 1): "rgba32"}.get(
        (channels, array.dtype.itemsize)
    )
    if array.dtype.kind != "u" or array.ndim not in (2, 3) or found is None:
        raise BadArgument("an array of %s %s has no usual pixel format; name it with format=" % (array.dtype, array.shape))
    return found


def spread(pixels: Any, format: Optional[str], width: Optional[int]) -> Spread:
    """Checks shapes and types against the format; raises BadArgument for what does not fit."""
    if isinstance(pixels, Frame):
        return Spread(list(pixels.planes), pixels.format, pixels.width, pixels.height)
    planes = [np.asarray(plane) for plane in (pixels if isinstance(pixels, (list, tuple)) else [pixels])]
    if not planes or planes[0].ndim < 2:
        raise BadArgument("pixels must be [height, width] or [height, width, channels]")
    name = _guess_format(planes[0]) if format is None else format
    form = format_named(name)
    height = planes[0].shape[0]
    width = planes[0].shape[1] if width is None else width
    wanted = frame_layout(form, width, height).planes
    shapes = [plane.shape for plane in planes]
    if shapes != [plane.shape for plane in wanted]:
        raise BadArgument("%dx%d %s needs planes %s, not %s" % (width, height, name, [p.shape for p in wanted], shapes))
    if any(plane.dtype.kind != "u" or plane.dtype.itemsize != form.dtype.itemsize for plane in planes):
        raise BadArgument("%s needs %s pixels, not %s" % (name, form.dtype, planes[0].dtype))
    return Spread(planes, name, width, height)
