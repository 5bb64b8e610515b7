// SPDX-License-Identifier: GPL-2.0-or-later
// Real migrations whose guests' bytes are all one known text, cut down to a few pages.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mig/stream_ids.hpp"
#include "replay/input/segment.hpp"

namespace mig::test {

inline constexpr std::string_view secret = "SECRET01";
/// Precopy, postcopy, preempt, multifd, recovery.
inline constexpr std::array secret_samples = {
    "01-precopy-11.1-11.1.pcap.zst", "03-postcopy-11.1-11.1.pcap.zst",
    "07-postcopy-preempt-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
    "11a-postcopy-pause-recover-11.1-11.1.pcap.zst"};

/// Bytes of one direction, in the capture's order.
struct SecretPiece {
  std::size_t connection = 0;
  Direction way = Direction::forward;
  std::vector<std::byte> bytes;
};
struct SecretStreams {
  std::vector<std::pair<replay::Endpoint, replay::Endpoint>> connections;  // client, server
  std::vector<SecretPiece> pieces;
};

/// The streams of a sample, with `secret` for page contents, device state and the like. Of pages the first
/// `pages` of each channel are there.
[[nodiscard]] SecretStreams secret_streams(const std::string& sample, std::size_t pages);

/// As much of the secret's repetition.
[[nodiscard]] std::vector<std::byte> secret_bytes(std::size_t size);
/// How often four bytes of `secret`, or of its repetition, are in `bytes`.
[[nodiscard]] std::size_t leaks_in(const std::vector<std::byte>& bytes);

}  // namespace mig::test
