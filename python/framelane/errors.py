"""What can go wrong: one exception a reason, each with the `code` that Framelane's other languages use too."""

from __future__ import annotations

from typing import Any


class FramelaneError(Exception):
    """Every error that Framelane raises on purpose: a `code` for programs, a message that says what to do."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        #: Offsets, names and numbers that belong to it.
        self.details = details

    def __str__(self) -> str:
        return self.message


class _Coded(FramelaneError):
    """A reason with a class of its own, so that `except` can name it."""

    _code = ""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(self._code, message, **details)

    def __reduce__(self):  # the base class keeps (code, message); a subclass is made from the message alone
        return type(self), (self.message,), self.__dict__


class BadArgument(_Coded, ValueError):
    """An argument has no meaning here."""

    _code = "BAD_ARGUMENT"


class Unsupported(_Coded):
    """The thing cannot be done with this format, file system or machine."""

    _code = "UNSUPPORTED"


class FrameReleased(_Coded):
    """The frame's pixels were given back to the producer already."""

    _code = "FRAME_RELEASED"


class FrameInvalid(_Coded, ValueError):
    """A frame's header or metadata makes no sense."""

    _code = "FRAME_INVALID"


class FrameTooLarge(_Coded, ValueError):
    """The frame does not fit a slot of the ring."""

    _code = "FRAME_TOO_LARGE"


class MetadataTooLarge(_Coded, ValueError):
    """The metadata does not fit a slot's header."""

    _code = "METADATA_TOO_LARGE"


class TooManyHeld(_Coded):
    """A reader holds as many frames as it can."""

    _code = "TOO_MANY_HELD"


class RingName(_Coded, ValueError):
    """Not the name of a ring."""

    _code = "RING_NAME"


class RingNotFound(_Coded):
    """No ring of that name."""

    _code = "RING_NOT_FOUND"


class RingBusy(_Coded):
    """The ring has a producer, or somebody is attaching and does not finish."""

    _code = "RING_BUSY"


class RingDamaged(_Coded):
    """The segment is not a ring, or was damaged or cut."""

    _code = "RING_DAMAGED"


class RingVersion(_Coded):
    """The ring has another layout version."""

    _code = "RING_VERSION"


class RingNoSpace(_Coded):
    """No room for the ring's segment."""

    _code = "RING_NO_SPACE"


class RingNoPermission(_Coded):
    """The segment belongs to somebody else."""

    _code = "RING_NO_PERMISSION"


class RingFull(_Coded):
    """The ring has as many readers as it can."""

    _code = "RING_FULL"


class RingClosed(_Coded):
    """The publisher or subscriber was closed before."""

    _code = "RING_CLOSED"


class RingLossy(_Coded, ValueError):
    """A lossless reader was asked for on a ring that drops."""

    _code = "RING_LOSSY"


class ProducerLost(_Coded):
    """The producer died without closing, and no other took over."""

    _code = "RING_PRODUCER_LOST"


class TimedOut(_Coded, TimeoutError):
    """Nothing happened in the time that was given."""

    _code = "TIMEOUT"
