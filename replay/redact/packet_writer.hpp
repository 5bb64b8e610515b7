// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "replay/input/packet_source.hpp"
#include "common/new_file.hpp"

namespace mig::replay {

/// Writes packets as pcap with nanoseconds, or, where that cannot say all of the interfaces, as pcapng.
class PacketWriter {
 public:
  struct Interface {
    std::string name;
    int link_type = 0;  ///< DLT_*
    bool pages_recorded = true;
    friend auto operator<=>(const Interface&, const Interface&) = default;
  };
  /// One interface that recorded pages: pcap. The file outlives the writer.
  PacketWriter(NewFile& file, const std::vector<Interface>& interfaces);
  void write(std::size_t interface, Time time, std::uint32_t size_on_wire, Bytes frame);

 private:
  NewFile& file_;
  bool pcapng_;
};

}  // namespace mig::replay
