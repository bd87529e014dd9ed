"""What a system can run out of is told in words, whatever an error was made of it on its way."""

from __future__ import annotations

import errno

from pmtui.core.exhausted import causes, exhausted


def test_the_end_of_descriptors_and_of_memory_is_told() -> None:
    assert exhausted(OSError(errno.EMFILE, "Too many open files")) == "no more files may be open here (ulimit -n)"
    assert "open file" in exhausted(OSError(errno.ENFILE, ""))
    assert exhausted(MemoryError()) == exhausted(OSError(errno.ENOMEM, "")) == "there is no memory left"


def test_the_end_of_threads_is_told_though_its_error_is_one_of_many() -> None:
    assert exhausted(RuntimeError("can't start new thread")) == "no more threads may be started here (ulimit -u)"
    assert exhausted(RuntimeError("dictionary changed size during iteration")) == ""


def test_what_led_to_an_error_counts_too() -> None:
    error = ImportError()
    error.__context__ = OSError(errno.EMFILE, "Too many open files")
    assert "ulimit" in exhausted(error)


def test_any_other_error_is_something_else() -> None:
    assert exhausted(None) == exhausted(OSError(errno.ENOENT, "")) == exhausted(ValueError()) == ""


def test_errors_that_led_to_one_another_are_each_asked_once() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__context__ = second, first  # `raise first from second`, which came while first was handled

    assert causes(first) == [first, second]
    assert exhausted(first) == exhausted(second) == ""
    second.__cause__ = OSError(errno.EMFILE, "Too many open files")
    assert "ulimit" in exhausted(first)
