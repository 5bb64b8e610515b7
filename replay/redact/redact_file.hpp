// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>

namespace mig::replay {

struct Redacted {
  std::uint64_t kept_bytes = 0;     ///< of the streams
  std::uint64_t blanked_bytes = 0;  ///< of the streams: zeros or `x`
  std::uint64_t packets = 0;        ///< written; 0 for a stream file
  std::uint64_t blank_packets = 0;  ///< of these: no TCP of an understood connection, written as zeros
  std::uint64_t units = 0;          ///< of the input
  std::uint64_t units_again = 0;    ///< of the result, which was read again
  bool same_structure = false;      ///< these units are of the same kinds, sizes, places and times
  std::string warning;              ///< the input could be read only so far
};

/// Writes `in`, a capture or a stream file, to `out` with nothing of the guest in it: pcap with nanoseconds
/// (pcapng where the packets are of several interfaces), or a stream file. What stays is listed: see Keeper
/// and RedactedFrame. TCP checksums are right in every packet that was captured whole. `out` is there only
/// when it is whole. Throws std::runtime_error with the file's name.
[[nodiscard]] Redacted redact_file(const std::string& in, const std::string& out);

}  // namespace mig::replay
