// SPDX-License-Identifier: GPL-2.0-or-later
// One real QEMU with the test guest: how it is started, and where its files are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "validate/base/child_process.hpp"

namespace mig::validate {

struct QemuSetup {
  std::filesystem::path program;  ///< qemu-system-x86_64, or a wrapper that starts it
  std::string name;               ///< "source" or "destination": names its files
  std::filesystem::path image;    ///< the guest's boot image; never written to
  std::filesystem::path folder;   ///< serial output, standard error and QMP log go here
  std::filesystem::path socket_folder;
  bool incoming = false;  ///< waits for a migration
  bool paused = false;    ///< -S
  std::vector<std::string> more_arguments;
};

class QemuProcess {
 public:
  /// Throws CouldNotRun when the program cannot be started.
  explicit QemuProcess(QemuSetup setup);

  [[nodiscard]] ChildProcess& process() { return process_; }
  [[nodiscard]] std::filesystem::path qmp_socket() const;
  [[nodiscard]] std::filesystem::path qmp_log() const { return file(".qmp.ndjson"); }
  [[nodiscard]] std::filesystem::path serial() const { return file(".serial"); }
  [[nodiscard]] std::filesystem::path errors() const { return file(".stderr"); }

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& suffix) const {
    return setup_.folder / (setup_.name + suffix);
  }
  [[nodiscard]] Launch launch() const;

  QemuSetup setup_;
  ChildProcess process_;
};

}  // namespace mig::validate
