// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mig/migration.hpp"

namespace mig::test {

struct Section {
  std::string type, idstr;  ///< idstr as the START or FULL said, also for PART and END
  std::uint32_t id = 0, instance_id = 0, version_id = 0;
  bool in_package = false;
};

struct CommandSeen {
  std::string text;  ///< "PING 4 0x1": QEMU's name, length, value
  bool in_package = false;
};

struct Channel {
  ChannelKind kind = ChannelKind::unknown;
  std::uint64_t bytes[2] = {0, 0};
  std::uint64_t covered[2] = {0, 0};  ///< by events
  std::uint64_t unparsed[2] = {0, 0};
  std::string error[2];
};

/// Everything a truth file can be compared with, collected from the events of one capture or stream file.
struct Observed {
  std::vector<Channel> channels;
  std::vector<Section> sections;
  std::vector<CommandSeen> commands;
  std::vector<std::string> pings, pongs;
  std::map<std::string, int> rp_messages, request_blocks, discard_blocks, precopy_records;
  std::map<std::string, int> bitmaps;  ///< "block 'pc.ram' size 0x776", as QEMU traces it
  std::map<std::string, std::map<std::string, int>> postcopy_records;  ///< channel "0"/"1" -> record -> count
  std::string precopy_sequence;                                        ///< lines as in truth-format
  std::map<std::string, std::string> postcopy_sequence;
  std::vector<std::uint64_t> package_lengths;
  std::map<std::string, std::uint64_t> blocks;
  std::map<std::string, int> multifd_by_channel, multifd_by_flags;
  std::uint64_t vm_description_bytes = 0;
  Phase phase = Phase::setup;
  bool source_can_go_back = true, destination_may_run = false;
  std::size_t migrations = 0;
  std::size_t most_held = 0;
};

/// Reads a capture (.pcap.zst) or a stream file (.migstream.zst). `chunk` cuts what is fed; 0: as it came.
[[nodiscard]] Observed observe(const std::string& path, std::size_t chunk = 0);

/// sha256 of a text, in hex.
[[nodiscard]] std::string sha256(const std::string& text);

}  // namespace mig::test
