// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "replay/capture_decoder.hpp"

namespace mig::replay {

/// What a postcopy migration needs besides its pages, as the source sent it. Together with all pages it makes
/// a complete precopy stream.
struct KeptPackage {
  std::vector<std::byte> setup;      ///< file header and configuration
  std::vector<std::byte> ram_start;  ///< START section of "ram", with its footer where there are footers
  std::vector<std::byte> devices;    ///< the device sections of the package; no commands
  std::size_t device_count = 0;
  bool starts_paused = false;        ///< it has a run state, which was set to "paused"
  std::uint32_t package_length = 0;  ///< bytes, as PACKAGED announced it
  const History* history = nullptr;  ///< of the migration
  Migration* migration = nullptr;    ///< names, blocks and page sizes; lives as long as the analysis
};

/// Collects the newest whole package of one migration from a capture.
class PackageReader final : public Consumer {
 public:
  explicit PackageReader(unsigned migration) : wanted_(migration) {}
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void finished(Time time) override;

  /// One sentence: why no guest can be rebuilt from this capture; empty: it can.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const KeptPackage& package() const noexcept { return package_; }

 private:
  enum class Inside : std::uint8_t { nothing, ram_start, device };
  void take(const Event& event, Bytes raw);
  void section(const SectionHeader& header, Bytes raw);
  void inside_ram_start(const Event& event, Bytes raw);
  void inside_device(const Event& event, Bytes raw);
  void device_ended();
  void lost(const Event& event);
  void complain(const std::string& what);

  unsigned wanted_;
  KeptPackage package_;
  std::string problem_;
  Inside inside_ = Inside::nothing;
  std::string device_;            // the open one's name
  std::size_t device_state_ = 0;  // where its state begins in package_.devices
  bool package_open_ = false;
  bool whole_ = false;  // a package came to its end
};

}  // namespace mig::replay
