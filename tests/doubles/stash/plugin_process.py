"""One running plugin process and its three pipes (pkg/plugin/raw.go).

Standard input gets one document and is closed; standard output is read to its end and then parsed; standard
error is read line by line meanwhile. As in Stash a process that has exited is not done with as long as a
child of it holds standard output open, and cancelling kills only the process itself, without waiting.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from tests.doubles.stash.cancellation import Cancellation
from tests.doubles.stash.plugin_log import PluginLogReader

_CHUNK = 65536
# How often a process that closed standard output is looked at where the kernel has no pidfd.
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class PluginResult:
    """`error` is the plugin's own, else how the process ended if it did not end well."""

    output: Any
    error: str | None
    exit_code: int
    stdout: str


def parse_output(stdout: str) -> tuple[Any, str | None]:
    """Output and error. What is not a JSON object of the expected types is output as a whole."""
    try:
        parsed = json.loads(stdout)
    except ValueError:
        return stdout, None
    if parsed is None:
        return None, None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("error"), (str, type(None))):
        return stdout, None
    return parsed.get("output"), parsed.get("error")


def _describe_exit(code: int) -> str | None:
    if code == 0:
        return None
    return "signal: killed" if code == -9 else f"signal: {-code}" if code < 0 else f"exit status {code}"


class PluginProcess:
    """Start, then `wait`. `result` is None until it is finished, and after it was cancelled."""

    def __init__(self, logs: PluginLogReader, warn: Callable[[str], None]) -> None:
        self._logs = logs
        self._warn = warn
        self._finished = threading.Event()
        self._ended = threading.Event()
        self._woken, self._waker = socket.socketpair()
        self._abandoned = False
        self.cancelled = False
        self.result: PluginResult | None = None
        self.exit_code: int | None = None
        self.seconds = 0.0

    def start(self, command: Sequence[str], environment: Mapping[str, str], folder: str, document: bytes) -> None:
        """Raises OSError when the program cannot be started at all."""
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=folder,
                bufsize=0,
            )
        except OSError:
            self._woken.close()
            self._waker.close()
            raise
        self._thread = threading.Thread(target=self._attend, args=(document,), name="plugin", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def attended(self) -> bool:
        return self._thread.is_alive()

    def wait(self, cancellation: Cancellation) -> PluginResult | None:
        """Block until it is finished, or `cancellation` kills it: then None, at once."""
        with cancellation.calling(self._cancel):
            self._finished.wait()
        return None if self.cancelled else self.result

    def _cancel(self) -> None:
        if not self._finished.is_set():
            self.cancelled = True
            self._process.kill()
            self._finished.set()

    def wait_for_exit(self, seconds: float) -> None:
        """Wait for the kernel to be done with a process that was killed."""
        self._ended.wait(seconds)

    def abandon(self) -> None:
        """Stash itself is gone: the process lives on, its pipes broken."""
        self._abandoned = True
        self._wake()
        self._finished.set()

    def kill(self) -> None:
        """End it and all that waits for it; for tidying up behind a test."""
        self._process.kill()
        self.abandon()
        self._thread.join(5)

    def _wake(self) -> None:
        with suppress(OSError):  # the attendant may be done already
            self._waker.send(b"x")

    # -- the attendant: one thread that serves all pipes ---------------------------------------------------

    def _attend(self, document: bytes) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        pipes: list[IO[bytes]] = [process.stdin, process.stdout, process.stderr]
        stdout = bytearray()
        pidfd = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else None
        with selectors.DefaultSelector() as selector:
            for pipe in pipes:
                os.set_blocking(pipe.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE, "stdin")
            selector.register(process.stdout, selectors.EVENT_READ, "stdout")
            selector.register(process.stderr, selectors.EVENT_READ, "stderr")
            selector.register(self._woken, selectors.EVENT_READ, "wake")
            if pidfd is not None:
                selector.register(pidfd, selectors.EVENT_READ, "exit")
            unsent = memoryview(document)
            open_stdout = True
            while (open_stdout or self.exit_code is None) and not self._abandoned:
                poll = None if pidfd is not None or open_stdout else _POLL_SECONDS
                for key, _ in selector.select(poll):
                    if key.data == "stdin":
                        unsent = self._write(selector, process.stdin, unsent, len(document))
                    elif key.data == "stdout":
                        data = _read(process.stdout)
                        stdout += data or b""
                        if data == b"":
                            open_stdout = False
                            _close(selector, process.stdout)
                    elif key.data == "stderr":
                        self._read_log(selector, process.stderr)
                    elif key.data == "exit":
                        selector.unregister(key.fileobj)
                        self._exited()
                if pidfd is None and process.poll() is not None:
                    self._exited()
            if not self._abandoned:
                self._drain_log(selector, process.stderr)
        for pipe in pipes:
            pipe.close()
        if pidfd is not None:
            os.close(pidfd)
        self._woken.close()
        self._waker.close()
        self._finish(bytes(stdout))
        process.wait()  # an abandoned process is reaped whenever it ends
        self._exited()

    def _write(self, selector: selectors.BaseSelector, pipe: IO[bytes], unsent: memoryview, length: int) -> memoryview:
        try:
            unsent = unsent[pipe.write(unsent[:_CHUNK]) or 0 :] if unsent else unsent
        except OSError as error:
            self._warn(
                f"error writing input to plugins stdin (wrote {length - len(unsent)} bytes out of {length}): {error}"
            )
            unsent = unsent[:0]
        if not unsent:
            _close(selector, pipe)
        return unsent

    def _read_log(self, selector: selectors.BaseSelector, pipe: IO[bytes]) -> bool:
        data = _read(pipe)
        if data is None:
            return False
        if data and self._logs.feed(data):
            return True
        self._logs.end()
        _close(selector, pipe)
        return False

    def _drain_log(self, selector: selectors.BaseSelector, pipe: IO[bytes]) -> None:
        """What was written before the end. (Stash may lose it: its reader races with the process's end.)"""
        while not pipe.closed and self._read_log(selector, pipe):
            pass
        self._logs.end()

    def _exited(self) -> None:
        if self.exit_code is None:
            self.exit_code = self._process.wait()
            self.seconds = time.monotonic() - self._began
            self._ended.set()

    def _finish(self, stdout: bytes) -> None:
        if not self._abandoned and not self.cancelled:
            assert self.exit_code is not None
            text = stdout.decode("utf-8", "replace")
            output, error = parse_output(text)
            self.result = PluginResult(output, error or _describe_exit(self.exit_code), self.exit_code, text)
        self._finished.set()


def _read(pipe: IO[bytes]) -> bytes | None:
    """None when nothing is there yet, empty at the end."""
    try:
        return pipe.read(_CHUNK)
    except OSError:
        return b""


def _close(selector: selectors.BaseSelector, pipe: IO[bytes]) -> None:
    selector.unregister(pipe)
    pipe.close()
