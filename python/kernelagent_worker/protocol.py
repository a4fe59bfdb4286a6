"""Lines of JSON over a Unix socket, and the one exception that crosses it.

Every message is one JSON object on one line. Descriptors travel as SCM_RIGHTS with the bytes of their message; they are
handed out in the order in which they came, because a stream socket does not keep them tied to exact bytes.
"""

from __future__ import annotations

import collections
import json
import math
import os
import socket
import traceback as traceback_module

ERROR_KINDS = (
    "no_file", "syntax", "no_model", "no_get_inputs", "get_inputs_raised", "init_raised", "missing_package",
    "untraceable", "out_of_memory", "raised", "outside_memory", "no_entry", "bad_request", "compile_error", "not_allowed", "internal",
)

_CHUNK = 1 << 20
_MAX_DESCRIPTORS = 64
_LONGEST_LINE = 1 << 30


class Failure(Exception):
    """An answer of "no": its kind, a one-line message, and where in the user's file it happened, if known."""

    def __init__(self, kind, message, line=None, file=None, traceback=None):
        assert kind in ERROR_KINDS, kind
        super().__init__(message)
        self.kind = kind
        self.message = one_line(message)
        self.line = line
        self.file = file
        self.traceback = traceback

    def to_json(self):
        fields = {"kind": self.kind, "message": self.message, "line": self.line, "file": self.file,
                  "traceback": self.traceback}
        return {key: value for key, value in fields.items() if value is not None}


def one_line(text, limit=500):
    """Squeezes a message into one line of bounded length."""
    text = " ".join(str(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def user_line(exception, path):
    """Returns the line of the innermost frame of `exception` that lies in the file `path`, or None."""
    found = None
    step = exception.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == path:
            found = step.tb_lineno
        step = step.tb_next
    return found


def describe(exception):
    """Returns "TypeError: message" in one line."""
    text = one_line(exception)
    return f"{type(exception).__name__}: {text}" if text else type(exception).__name__


def failure_from(exception, kind, path=None):
    """Turns an exception raised by user's code into a Failure that points at the user's line.

    Running out of memory and missing packages have kinds of their own, whatever the code was doing.
    """
    if isinstance(exception, Failure):
        return exception
    message = describe(exception)
    if isinstance(exception, MemoryError) or type(exception).__name__ == "OutOfMemoryError" or (
            isinstance(exception, RuntimeError) and "can't allocate memory" in message):
        kind = "out_of_memory"
    elif isinstance(exception, ModuleNotFoundError):
        kind = "missing_package"
        message = f"the package {exception.name} is not installed"
    line = user_line(exception, path) if path else None
    trace = "".join(traceback_module.format_exception(type(exception), exception, exception.__traceback__))
    return Failure(kind, message, line=line, file=path if line else None, traceback=trace[-8192:])


def to_wire(value):
    """Replaces non-finite floats by the strings "nan", "inf" and "-inf": JSON has no such numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return value


def encode(message):
    """Returns the bytes of one message, newline included."""
    try:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(to_wire(message), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape") + b"\n"


class Line:
    """One end of a connection: sends and receives messages."""

    def __init__(self, connection):
        self.connection = connection
        self.descriptors = collections.deque()  # received and not yet taken, in order of arrival
        self._buffer = bytearray()
        self._scanned = 0
        self._ended = False

    @classmethod
    def from_descriptor(cls, descriptor):
        return cls(socket.socket(fileno=descriptor))

    def fileno(self):
        return self.connection.fileno()

    def send(self, message, descriptors=()):
        data = encode(message)
        if descriptors:
            sent = socket.send_fds(self.connection, [data], list(descriptors))
            data = data[sent:]
        if data:
            self.connection.sendall(data)

    def receive(self):
        """Waits for the next message; None at the end of the stream. A line that is no message raises Failure("bad_request")."""
        while True:
            line = self._take()
            if line is not None:
                return _decode(line)
            if self._ended:
                return None
            self.read()

    def read(self):
        """Reads once what has arrived. Returns False at the end of the stream."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.connection, _CHUNK, _MAX_DESCRIPTORS)
        except (ConnectionResetError, BrokenPipeError):
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self.descriptors.extend(descriptors)
        if not data:
            self._ended = True
            return False
        self._buffer += data
        return True

    def arrived(self):
        """Yields the complete messages received so far, without waiting; a line that is no message comes as a Failure."""
        while (line := self._take()) is not None:
            try:
                yield _decode(line)
            except Failure as failure:
                yield failure

    def take_descriptor(self):
        return self.descriptors.popleft() if self.descriptors else None

    def drop_descriptors(self):
        while self.descriptors:
            os.close(self.descriptors.popleft())

    def close(self):
        self.drop_descriptors()
        self.connection.close()

    def _take(self):
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > _LONGEST_LINE:
                raise Failure("bad_request", "a message is longer than 1 GiB")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        return line


def _decode(line):
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Failure("bad_request", f"not a JSON message: {error}") from None
    if not isinstance(message, dict):
        raise Failure("bad_request", "a message must be a JSON object")
    return message
