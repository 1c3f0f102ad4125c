"""Python's decoders of the same bytes. Reads one JSON line a task, {"file", "rival", "kind", "times"}, and answers with the
seconds of each decode, or null where the rival does not do that kind."""

import io
import json
import sys
import time

import cv2
import numpy
import PIL
from PIL import Image

HEADER = 188


def shape(image):
    width, height = numpy.frombuffer(image, "<i4", 2, 88)
    return int(height), int(width)


def raw(dtype, channels):
    def decode(image):
        height, width = shape(image)
        array = numpy.frombuffer(image, dtype, height * width * channels, HEADER)
        return array.reshape((height, width) if channels == 1 else (height, width, channels))

    return decode


def turned(image):
    return raw(">u2", 1)(image).astype("<u2")


def with_cv2(flag):
    return lambda image: cv2.imdecode(numpy.frombuffer(image, numpy.uint8, -1, HEADER), flag)


def with_pillow(image):
    return numpy.asarray(Image.open(io.BytesIO(memoryview(image)[HEADER:])))


RIVALS = {
    "numpy": {
        "gray8": raw("u1", 1), "gray16le": raw("<u2", 1), "gray16be": turned, "rgb24": raw("u1", 3), "rgba32": raw("u1", 4),
    },
    "cv2": {
        "jpegRgb": with_cv2(cv2.IMREAD_COLOR), "jpegGray": with_cv2(cv2.IMREAD_GRAYSCALE), "png": with_cv2(cv2.IMREAD_COLOR),
    },
    "pillow": {"jpegRgb": with_pillow, "jpegGray": with_pillow, "png": with_pillow},
}  # fmt: skip

images = {}
print(json.dumps({"cv2": cv2.__version__, "pillow": PIL.__version__, "numpy": numpy.__version__}), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    decode = RIVALS[task["rival"]].get(task["kind"])
    if decode is None:
        print("null", flush=True)
        continue
    if task["file"] not in images:
        images = {task["file"]: open(task["file"], "rb").read()}
    image = images[task["file"]]
    seconds = []
    for _ in range(task["times"]):
        began = time.perf_counter()
        decode(image)
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds), flush=True)
