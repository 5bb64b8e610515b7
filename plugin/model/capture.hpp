// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mig/history/blobs.hpp"
#include "mig/history/migration.hpp"
#include "plugin/model/connection.hpp"
#include "plugin/model/decoder.hpp"
#include "plugin/model/migration_log.hpp"

namespace mig::plugin {

/// A host, as the capture names it.
struct Host {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t size = 0;
  friend auto operator<=>(const Host&, const Host&) = default;
};

/// What the user asked for.
struct Options {
  std::uint32_t reorder_window = 64;    ///< segments that may wait for an earlier one
  std::uint64_t keep_bytes = 64 << 20;  ///< device state that is kept for export and decoding
  std::uint32_t page_size = 0;          ///< target page size; 0: find out
  /// A VM description of the same machine: JSON, empty where the file that was named could not be read.
  std::optional<std::string> description;
};

/// Everything remembered of one capture file. Lives from its first connection until the file is closed.
class Capture {
 public:
  explicit Capture(const Options& options);

  /// A connection between two hosts; channels join migrations of the same two hosts only.
  Connection& connect(const Host& source, const Host& destination, Joined joined);
  /// Whether migrations between these hosts are known, so that a preempt channel or a recovery may follow.
  [[nodiscard]] bool knows(const Host& source, const Host& destination) const;
  MigrationLog& log_of(Migration& migration);

  [[nodiscard]] Blobs& blobs() noexcept { return blobs_; }
  [[nodiscard]] const Blobs& blobs() const noexcept { return blobs_; }
  [[nodiscard]] Decoder& decoder() noexcept { return decoder_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  Options options_;
  Blobs blobs_;
  Decoder decoder_;
  std::map<std::pair<Host, Host>, MigrationSet> sets_;
  std::map<const Migration*, std::unique_ptr<MigrationLog>> logs_;
  std::deque<Connection> connections_;
};

}  // namespace mig::plugin
