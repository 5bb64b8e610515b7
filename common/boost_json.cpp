// SPDX-License-Identifier: GPL-2.0-or-later
// Boost.JSON's own code: the plugin shall not need its shared library, and programs start sooner without it.
#include <boost/json/src.hpp>
