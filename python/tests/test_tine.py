"""TINE images: fixtures written by TINE itself, what PyTine.get returns, and headers that must not be believed."""

import io
import os
import random
import struct
import unittest
import warnings

import numpy as np
import support

from framelane import BadArgument, FramelaneError
from framelane.tine import (
    JpegInvalid,
    LimitExceeded,
    NotDecoded,
    TineInvalid,
    TineWarning,
    Truncated,
    decode_header,
    tonumpy,
)
from framelane.tine_header import OFFSETS

try:
    from PIL import Image
except ImportError:
    Image = None
try:
    import cv2
except ImportError:
    cv2 = None

VECTORS = os.path.join(os.path.dirname(support.PACKAGE), "test", "vectors", "tine")
DECODERS = [name for name, there in (("cv2", cv2), ("pillow", Image)) if there is not None]


def fixture(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


def image_of(pixels, **fields):
    """A good image of 3 x 2 gray pixels; fields override."""
    header = bytearray(fixture("defaults.bin"))
    values = dict(sourceWidth=3, sourceHeight=2, bytesPerPixel=1, totalLength=188 + len(pixels))
    values.update(appendedFrameSize=len(pixels))
    values.update(fields)
    for name, value in values.items():
        struct.pack_into("<I" if value >= 1 << 31 else "<i", header, OFFSETS[name], value)
    return bytes(header) + bytes(pixels)


def jpeg_of(array, quality=95):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "JPEG", quality=quality)
    return out.getvalue()


class Fixtures(unittest.TestCase):
    def test_12_bit_gray_is_right_justified_and_native(self):
        array = tonumpy(fixture("gray16le_3x2_12bit.bin"))
        self.assertTrue(array.dtype == np.uint16 and array.dtype.isnative)
        self.assertEqual(array.tolist(), [[0x1100, 0x3322, 0x5544], [0x7766, 0x9988, 0xBBAA]])

    def test_an_area_of_interest_gives_the_size(self):
        array = tonumpy(fixture("gray8_aoi_4x3_of_640x480.bin"))
        self.assertEqual(array.shape, (3, 4))

    def test_the_header_field_by_field(self):
        header = decode_header(fixture("gray8_aoi_4x3_of_640x480.bin"))
        self.assertEqual(header["cameraPortName"], "0123456789" * 6 + "0123")
        self.assertEqual((header["xStart"], header["yStart"], header["frameNumber"]), (100, 50, 0x3C0EAA))
        self.assertAlmostEqual(header["yScale"], 0.05, 6)
        empty = decode_header(fixture("defaults.bin"))
        self.assertEqual((empty["cameraPortName"], empty["xScale"], empty["ispare3"]), ("unknown", -1.0, -1))

    def test_numbers_from_2_to_the_31_on(self):
        self.assertEqual(decode_header(image_of(b"", cameraPortId=0xFEDCBA98))["cameraPortId"], 0xFEDCBA98)


class Raw(unittest.TestCase):
    def test_views_that_cannot_be_written(self):
        for fields, size, shape in (
            (dict(), 6, (2, 3)),
            (dict(bytesPerPixel=2), 12, (2, 3)),
            (dict(bytesPerPixel=3, imageFormat=1), 18, (2, 3, 3)),
            (dict(bytesPerPixel=4, imageFormat=2), 24, (2, 3, 4)),
        ):
            for make in (bytes, bytearray, lambda image: memoryview(image)):
                image = make(image_of(bytes(range(size)), **fields))
                array = tonumpy(image)
                self.assertEqual(array.shape, shape)
                self.assertFalse(array.flags.writeable)
                self.assertTrue(np.shares_memory(array, np.frombuffer(image, np.uint8)))
                self.assertEqual(array.tobytes(), bytes(range(size)))

    def test_big_endian_gray_comes_native(self):
        array = tonumpy(image_of(bytes(range(12)), bytesPerPixel=2, imageFlags=0))
        self.assertTrue(array.dtype.isnative)
        self.assertEqual(array[0].tolist(), [0x0001, 0x0203, 0x0405])

    def test_bgr_comes_as_rgb(self):
        colour = image_of([1, 2, 3, 4, 5, 6], bytesPerPixel=3, imageFormat=1, sourceWidth=2, sourceHeight=1)
        self.assertEqual(tonumpy(colour, bgr=True).tolist(), [[[3, 2, 1], [6, 5, 4]]])
        wide = image_of([1, 2, 3, 4], bytesPerPixel=4, imageFormat=2, sourceWidth=1, sourceHeight=1)
        self.assertEqual(tonumpy(wide, bgr=True).tolist(), [[[3, 2, 1, 4]]])


class PyTine(unittest.TestCase):
    header = {"bytesPerPixel": 2, "sourceWidth": 3, "sourceHeight": 2, "aoiWidth": -1, "aoiHeight": -1}

    def test_the_whole_dictionary_or_its_data(self):
        data = {"frameHeader": self.header, "imageBytes": bytes(range(12))}
        for reply in ({"data": data, "timestamp": 12.5}, data):
            self.assertEqual(tonumpy(reply).tolist(), [[0x100, 0x302, 0x504], [0x706, 0x908, 0xB0A]])

    def test_a_matrix_as_it_is(self):
        matrix = np.arange(6, dtype=">u2").reshape(2, 3)
        array = tonumpy({"data": {"imageMatrix": matrix}})
        self.assertTrue(array.dtype.isnative)
        self.assertEqual(array.tolist(), matrix.tolist())
        own = np.arange(6, dtype=np.uint8).reshape(2, 3)
        self.assertIs(tonumpy({"imageMatrix": own}), own)

    def test_what_is_no_such_dictionary(self):
        for wrong in (
            {}, {"data": None}, {"frameHeader": self.header}, {"frameHeader": self.header, "imageBytes": "text"},
            {"frameHeader": dict(self.header, sourceWidth="3"), "imageBytes": bytes(12)},
            {"frameHeader": dict(self.header, sourceWidth=3.5), "imageBytes": bytes(12)}, {"imageMatrix": [1, 2]}, 5, None,
        ):  # fmt: skip
            with self.assertRaises(BadArgument):
                tonumpy(wrong)

    def test_fields_it_does_not_know_are_passed_over(self):
        data = {"frameHeader": dict(self.header, novelty="x", cameraPortName="c"), "imageBytes": bytes(12)}
        self.assertEqual(tonumpy(data).shape, (2, 3))


@unittest.skipUnless(Image is not None, "the pictures of these tests are made with Pillow")
class Pictures(unittest.TestCase):
    gray = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
    colour = np.dstack([gray, gray // 2, np.full_like(gray, 40)])

    def image(self, picture, image_format=5):
        return image_of(picture, imageFormat=image_format, sourceWidth=64, sourceHeight=48, bytesPerPixel=1)

    def test_jpeg_by_its_own_components(self):
        for decoder in [*DECODERS, None]:
            for wanted in (self.gray, self.colour):
                array = tonumpy(self.image(jpeg_of(wanted)), jpeg=decoder)
                self.assertEqual(array.shape, wanted.shape)
                self.assertLess(np.abs(array.astype(int) - wanted).max(), 16)

    def test_png_exactly(self):
        for wanted in (self.gray, self.colour, self.gray.astype(np.uint16) * 200):
            out = io.BytesIO()
            Image.fromarray(wanted).save(out, "PNG")
            for decoder in DECODERS:
                array = tonumpy(self.image(out.getvalue(), 13), jpeg=decoder)
                self.assertTrue(np.array_equal(array, wanted), (decoder, wanted.shape, wanted.dtype, array.dtype))

    def test_a_decoder_of_ones_own(self):
        made = np.zeros((48, 64), np.uint8)
        self.assertIs(tonumpy(self.image(jpeg_of(self.gray)), jpeg=lambda data: made), made)
        with self.assertRaises(BadArgument):
            tonumpy(self.image(jpeg_of(self.gray)), jpeg="gimp")

    def test_cut_anywhere(self):
        whole = jpeg_of(self.colour)
        for decoder in DECODERS:
            for length in [*range(0, 700, 7), *range(700, len(whole), 13), len(whole) - 1]:
                with self.assertRaises(JpegInvalid):
                    tonumpy(self.image(whole[:length]), jpeg=decoder)

    def test_65535_by_65535_is_refused_before_it_is_decoded(self):
        whole = bytearray(jpeg_of(self.gray))
        at = whole.index(b"\xff\xc0")
        whole[at + 5 : at + 9] = b"\xff\xff\xff\xff"
        with self.assertRaises(LimitExceeded):
            tonumpy(self.image(whole), jpeg=lambda data: self.fail("decoded"))

    def test_another_size_is_told_or_refused(self):
        image = image_of(jpeg_of(self.gray), imageFormat=5, sourceWidth=640, sourceHeight=480)
        with self.assertWarns(TineWarning):
            self.assertEqual(tonumpy(image).shape, (48, 64))
        with self.assertRaises(TineInvalid):
            tonumpy(image, strict=True)


class NotToBeBelieved(unittest.TestCase):
    def test_fields_at_their_extremes(self):
        most = (1 << 31) - 1
        for fields, offset in (
            (dict(aoiWidth=4, aoiHeight=1), 96), (dict(aoiWidth=2, aoiHeight=2, xStart=2), 96),
            (dict(aoiWidth=2, aoiHeight=2, xStart=-1), 104), (dict(sourceWidth=-1), 88), (dict(sourceHeight=most), 88),
            (dict(bytesPerPixel=0), 112), (dict(bytesPerPixel=4), 112), (dict(imageFormat=1, bytesPerPixel=4), 112),
            (dict(effectiveBitsPerPixel=9), 116), (dict(effectiveBitsPerPixel=-2), 116), (dict(sourceWidth=4), 184),
            (dict(appendedFrameSize=-2), 184), (dict(appendedFrameSize=-1, totalLength=188), 184),
        ):  # fmt: skip
            with self.assertRaises(TineInvalid) as caught:
                tonumpy(image_of(bytes(6), **fields))
            self.assertEqual(caught.exception.details["offset"], offset, fields)

    def test_cut_anywhere(self):
        image = fixture("gray16le_3x2_12bit.bin")
        for length in range(len(image)):
            with self.assertRaises(Truncated) as caught:
                tonumpy(image[:length])
            self.assertEqual(caught.exception.details["offset"], length)

    def test_doubts_are_warnings_and_errors_when_strict(self):
        for fields in (dict(totalLength=195), dict(versionTag=2), dict(sourceWidth=2)):
            image = image_of(bytes(6), **fields)
            with self.assertWarns(TineWarning):
                tonumpy(image)
            with self.assertRaises(TineInvalid):
                tonumpy(image, strict=True)

    def test_other_formats_are_not_decoded(self):
        for image_format in (3, 4, 6, 7, 10, 11, 12, 14, 15, -1):
            with self.assertRaises(NotDecoded):
                tonumpy(image_of(bytes(6), imageFormat=image_format))

    def test_random_changes_give_an_array_or_a_framelane_error(self):
        dice = random.Random(3)
        good = image_of(bytes(48), sourceWidth=6, sourceHeight=8)
        offsets = [offset for name, offset in OFFSETS.items() if name != "cameraPortName"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TineWarning)
            for _ in range(5000):
                image = bytearray(good)
                for _ in range(dice.randint(1, 4)):
                    value = dice.choice([dice.getrandbits(32), dice.randint(0, 20), 0xFFFFFFFF, 0x7FFFFFFF])
                    struct.pack_into("<I", image, dice.choice(offsets), value)
                try:
                    self.assertLessEqual(tonumpy(image).size, 48)
                except FramelaneError:
                    pass


class Memory(unittest.TestCase):
    def test_100000_raw_images_take_no_memory(self):
        image = image_of(bytes(12), bytesPerPixel=2, imageFlags=0)
        reply = {"data": {"frameHeader": PyTine.header, "imageBytes": bytes(12)}}

        def resident(turns):
            for _ in range(turns):
                tonumpy(image)
                tonumpy(reply)
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        before = resident(10_000)
        slope = (resident(100_000) - before) / 200_000
        self.assertLess(slope, 1.5, "bytes a decode")


if __name__ == "__main__":
    unittest.main()
