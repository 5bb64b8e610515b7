// SPDX-License-Identifier: GPL-2.0-or-later
// All of them.
#pragma once
#include "layout/iterative.hpp"
#include "layout/main_channel.hpp"
#include "layout/multifd.hpp"
#include "layout/ram.hpp"
#include "layout/return_path.hpp"
#include "layout/unframed.hpp"
