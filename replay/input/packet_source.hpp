// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mig/bytes.hpp"
#include "replay/input/compressed_file.hpp"
#include "replay/input/moment.hpp"

namespace mig::replay {

/// What a capture says of an interface; a recording of migproxy has one for each of its legs.
struct CaptureInterface {
  std::string name;            ///< "": not known
  bool pages_recorded = true;  ///< false: page contents were left out on purpose (migproxy --record-pages=no)
};

/// One captured frame. All views are borrowed until the next one is asked for.
struct Packet {
  Moment moment;
  Bytes frame;                     ///< what was captured
  std::uint32_t size_on_wire = 0;  ///< bytes, at least those captured
  int link_type = 0;               ///< DLT_*
  std::uint32_t interface = 0;     ///< index into PacketSource::interfaces()
  std::vector<std::string_view> comments;
};

/// The frames of a capture, in its order.
class PacketSource {
 public:
  PacketSource() = default;
  PacketSource(const PacketSource&) = delete;
  PacketSource& operator=(const PacketSource&) = delete;
  virtual ~PacketSource() = default;

  /// nullptr at the end, or where the file cannot be read on: warning() then says why.
  [[nodiscard]] virtual const Packet* next() = 0;
  /// Empty: all was read.
  [[nodiscard]] const std::string& warning() const noexcept { return warning_; }
  /// What is known of them so far.
  [[nodiscard]] const std::vector<CaptureInterface>& interfaces() const noexcept { return interfaces_; }

 protected:
  std::string warning_;
  std::vector<CaptureInterface> interfaces_{CaptureInterface()};
};

/// Reads pcap (through libpcap) or pcapng (which libpcap reads without telling interfaces and comments, and
/// only where all interfaces are of one kind). `path` is for messages. Throws std::runtime_error that names
/// the file when it is neither.
[[nodiscard]] std::unique_ptr<PacketSource> open_packets(CompressedFile file, const std::string& path);

/// CaptureInput on an interface ("any": on all) until stop_live() is called. `filter` is a capture filter as
/// tcpdump has it, or empty. Throws std::runtime_error that names the interface and the reason.
[[nodiscard]] std::unique_ptr<PacketSource> open_live(const std::string& interface,
                                                      const std::string& filter);
/// Ends open_live()'s sources; may be called in a signal handler.
void stop_live() noexcept;

}  // namespace mig::replay
