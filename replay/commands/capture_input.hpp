// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "replay/capture_decoder.hpp"
#include "replay/input/joined_captures.hpp"

namespace mig::replay {

class OptionTable;

/// What a command that reads captures is asked for.
struct CaptureInput {
  std::vector<std::string> files;
  std::string interface;     ///< captured live instead of a file
  bool writes_file = false;  ///< of -o, which root may have named where only root can write
  std::string filter;        ///< of the live capture
  std::string offset;        ///< of the migration stream in FILE; empty: it is found
  std::string snapshot;      ///< of a qcow2 image: name or id; empty: all of them
  std::string leg;           ///< of a recording of migproxy: "source" or "destination"; empty: both
  unsigned migration = 0;    ///< 0: all of them
  bool json = false;

  /// FILE... (of any captures, or of one), -i, --migration, --leg, and --json.
  void declare(OptionTable& options, bool several = true);
  /// The same without --json.
  void declare_input(OptionTable& options, bool several);
  /// FILE... alone.
  void declare_files(OptionTable& options, bool several);
  [[nodiscard]] bool wants(const Migration& m) const noexcept {
    return migration == 0 || static_cast<unsigned>(m.id()) + 1 == migration;
  }
  /// Throws std::runtime_error where --migration asks for one that is not there.
  void require_migration(const std::string& path, const CaptureDecoder& analysis) const;
  /// What stands in the place of a text about migrations where there are none.
  [[nodiscard]] std::string none_found(const std::string& path) const;
  /// Reads one file, or from the interface. Prints warnings; false when there was one, or no migration. What
  /// consumers keep of migrations lives as long as `analysis`.
  [[nodiscard]] bool read(const std::string& path, CaptureDecoder& analysis) const;
  /// `each` for every capture: a file, files that are one capture (see join_captures()) by the names of all,
  /// or the interface. One that cannot be read does not keep the others from being read. The exit code: 1
  /// when an `each` returned false or threw, 2 when there was nothing to read.
  [[nodiscard]] int for_each(const std::function<bool(const std::string&)>& each);

  /// The files of a capture that `each` was given, empty: it is one file.
  [[nodiscard]] const CaptureParts& parts(const std::string& name) const;

 private:
  void join();
  [[nodiscard]] std::string read_joined(const CaptureParts& parts, CaptureDecoder& analysis) const;
  [[nodiscard]] std::string read_live(CaptureDecoder& analysis) const;
  [[nodiscard]] std::string read_file(const std::string& path, CaptureDecoder& analysis) const;

  bool single_ = false;
  std::vector<std::string> names_;              // of the captures
  std::map<std::string, CaptureParts> joined_;  // those of several files
};

}  // namespace mig::replay
