// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>

namespace mig::replay {

struct Redacted {
  std::uint64_t private_bytes = 0;  ///< zeroed
  std::uint64_t packets = 0;        ///< written; 0 for a stream file
  std::uint64_t left_out = 0;       ///< packets without readable TCP
  bool same_events = false;         ///< the result was read again and has the same events
  std::string warning;              ///< the input could be read only so far
};

/// Writes `in`, a capture or a stream file, to `out` with the guest's bytes zeroed: pcap with nanoseconds, or
/// a stream file. TCP checksums are right in every packet that was captured whole. Throws std::runtime_error
/// with the file's name.
[[nodiscard]] Redacted redact_file(const std::string& in, const std::string& out);

}  // namespace mig::replay
