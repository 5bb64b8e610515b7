// SPDX-License-Identifier: GPL-2.0-or-later
// --keep-package: what `migreplay rescue` needs of a postcopy migration, besides the memory that the source
// still has.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/new_file.hpp"
#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "proxy/record/pcapng.hpp"
#include "proxy/record/tcp_synthesizer.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

/// Writes a small capture for each postcopy migration: its main channel as the source and the destination
/// sent it, whatever rules made of that, without page contents. It is on disk before the package's last byte
/// is sent on, because the observer learns of bytes that were read before any of them are sent. What the
/// destination answers is added as it comes.
///
/// The file of a migration that has not completed is never written over: it is renamed to FILE.1, FILE.2 ...
/// when the package of another comes.
class PackageKeeper final : public Observer, private TcpSynthesizer::Sink {
 public:
  /// Bytes of one migration, without memory. QEMU's packages are far smaller.
  static constexpr std::size_t max_kept = std::size_t{256} << 20;

  /// `warn` gets one sentence for each package that could not be kept; the migration goes on. Throws
  /// std::runtime_error where `path` cannot be written.
  PackageKeeper(std::string path, std::string program, std::function<void(const std::string&)> warn);
  ~PackageKeeper();

  void on(const RelayEvent& event) override;
  /// Every package that came was kept whole.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  struct Link;
  struct Kept;
  struct Reader;

  void opened(const Opened& opened);
  void carried(const BytesMoved& moved);
  void ended(const LegEnded& ended);
  void closed(const Closed& closed);
  void packet(const TcpSynthesizer& leg, const TcpHead& head, const Extent& extent, Bytes payload,
              std::size_t kept) override;
  void keep(Link& link, Direction direction);
  void write(Link& link, bool package_ended, bool matters);
  [[nodiscard]] Kept& put_in_place(Link& link);
  void set_aside() const;
  void forget(MigrationId completed);
  void drop(Link& link);
  void give_up(Link& link, const std::string& why);
  [[nodiscard]] Kept* kept_of(const Link& link);

  std::string path_;
  std::string program_;
  std::function<void(const std::string&)> warn_;
  std::chrono::system_clock::time_point wall_start_ = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  MigrationSet set_;
  std::map<ConnectionId, std::unique_ptr<Link>> links_;
  std::map<MigrationId, Kept> kept_;  // those that have not completed
  std::optional<MigrationId> in_place_;
  bool own_is_over_ = false;  // the file in place is this run's, of a migration that has completed
  bool complete_ = true;
};

}  // namespace mig::proxy
