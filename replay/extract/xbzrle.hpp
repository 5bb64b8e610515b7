// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>

#include "mig/bytes.hpp"

namespace mig::replay {

/// Applies an XBZRLE difference to the page it was made from: runs of unchanged bytes (their length) and of
/// changed ones (their length, the bytes) take turns, lengths as LEB128. False where it does not fit the
/// page. Source: QEMU docs/devel/migration, XBZRLE.
[[nodiscard]] bool apply_xbzrle(std::span<std::byte> page, Bytes difference) noexcept;

}  // namespace mig::replay
