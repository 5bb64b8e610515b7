# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

import shark


@pytest.fixture(scope="session", autouse=True)
def the_plugin_is_loaded():
    """Without it, tests that expect nothing would pass."""
    assert shark.plugin_is_loaded(), "tshark does not load the plugin"
