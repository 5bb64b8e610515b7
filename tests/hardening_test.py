# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hardened build has to have in each program, read from the files."""
import os
import subprocess

import pytest

PROGRAMS = [os.path.join(os.environ["MIG_BIN"], name) for name in ("migreplay", "migproxy", "migvalidate", "migpeer")]


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=PROGRAMS, ids=os.path.basename)
def program(request):
    return request.param


def test_it_may_be_loaded_anywhere(program):
    assert "DYN (" in readelf("--file-header", program)


def test_the_stack_is_not_code(program):
    stack = [line for line in readelf("--segments", program).splitlines() if "GNU_STACK" in line]
    assert len(stack) == 1 and "E" not in stack[0].split()[-2], stack


def test_relocations_are_read_only_before_main(program):
    assert "GNU_RELRO" in readelf("--segments", program)
    assert "BIND_NOW" in readelf("--dynamic", program) or "NOW" in readelf("--dynamic", program)


def test_stack_and_calls_are_checked(program):
    symbols = readelf("--dyn-syms", program)
    assert "__stack_chk_fail" in symbols
    assert any(f"__{call}_chk" in symbols for call in ("memcpy", "fprintf", "printf", "read", "snprintf", "vsnprintf")), symbols


def test_operators_of_the_library_are_checked(program):
    """_GLIBCXX_ASSERTIONS; with a libstdc++ inside the program its text remains."""
    with open(program, "rb") as file:
        data = file.read()
    assert b"__glibcxx_assert_fail" in data or b"__n < this->size()" in data
