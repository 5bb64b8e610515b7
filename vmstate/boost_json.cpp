// SPDX-License-Identifier: GPL-2.0-or-later
// Boost.JSON's own code, for a plugin that shall not need its shared library at run time.
#include <boost/json/src.hpp>
