"""Metadata: what goes in comes out; rubbish is refused with the byte where it stops making sense."""

import math
import random
import struct
import unittest

import support  # noqa: F401  (makes the package importable)

from framelane import BadArgument, FrameInvalid, MetadataTooLarge
from framelane.metadata import decode_metadata, encode_metadata


def random_value(dice):
    return dice.choice([
        lambda: dice.random() < 0.5,
        lambda: dice.randint(-(1 << 63), (1 << 63) - 1),
        lambda: struct.unpack("<d", dice.randbytes(8))[0],
        lambda: "".join(chr(dice.choice([65, 0xE9, 0x4E2D, 0x1F600])) for _ in range(dice.randint(0, 12))),
        lambda: dice.randbytes(dice.randint(0, 20)),
    ])()  # fmt: skip


def same(one, other):
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


class Metadata(unittest.TestCase):
    def test_whatever_goes_in_comes_out(self):
        dice = random.Random(1)
        for _ in range(2000):
            sent = {"k%d" % i: random_value(dice) for i in range(dice.randint(0, 8))}
            got = decode_metadata(encode_metadata(sent))
            self.assertEqual(list(got), list(sent))
            for key, value in sent.items():
                self.assertTrue(same(value, got[key]), (key, value, got[key]))

    def test_its_bytes_are_those_of_the_layout_page(self):
        encoded = encode_metadata({"a": True, "é": -2, "t": "ü", "b": b"\1\2", "f": 0.5})
        self.assertEqual(
            encoded,
            b"\1\1\1\0a\1" + b"\2\2\x08\0\xc3\xa9" + struct.pack("<q", -2) + b"\4\1\2\0t\xc3\xbc"
            + b"\5\1\2\0b\1\2" + b"\3\1\x08\0f" + struct.pack("<d", 0.5),
        )  # fmt: skip

    def test_it_fills_its_room_and_not_one_byte_more(self):
        self.assertEqual(len(encode_metadata({"k": b"x" * 891})), 896)
        with self.assertRaises(MetadataTooLarge):
            encode_metadata({"k": b"x" * 892})

    def test_what_cannot_travel_is_named(self):
        for wrong in ({"k": None}, {"k": 1 << 63}, {"k": [1]}, {"": 1}, {"x" * 256: 1}, {5: 1}, {"k": "a\0"}, {"k": "\ud800"}):
            with self.subTest(wrong=wrong), self.assertRaises(BadArgument):
                encode_metadata(wrong)

    def test_every_truncation_and_any_rubbish_is_refused_or_read(self):
        whole = encode_metadata({"one": 1, "two": "zwei", "three": 3.5})
        ends = {0, 15, 15 + 11, len(whole)}
        for length in range(len(whole)):
            if length in ends:
                continue
            with self.assertRaises(FrameInvalid):
                decode_metadata(whole[:length])
        dice = random.Random(2)
        for _ in range(20000):
            try:
                decode_metadata(dice.randbytes(dice.randint(0, 40)))
            except FrameInvalid as error:
                self.assertIn("offset", error.details)


if __name__ == "__main__":
    unittest.main()
