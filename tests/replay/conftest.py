# SPDX-License-Identifier: GPL-2.0-or-later
import pytest


@pytest.fixture
def folder(tmp_path):
    return tmp_path
