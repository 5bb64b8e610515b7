// SPDX-License-Identifier: GPL-2.0-or-later
// A real QEMU with the test guest, started by us.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/qemu/running_qemu.hpp"

namespace mig::validate {

struct QemuSetup {
  std::filesystem::path program;  ///< qemu-system-x86_64, or a wrapper that starts it
  std::string name;               ///< "source" or "destination": names its files
  std::filesystem::path image;    ///< the guest's boot image; never written to
  std::filesystem::path folder;   ///< serial output, standard error and QMP log go here
  std::filesystem::path socket_folder;
  bool incoming = false;                   ///< waits for a migration
  bool paused = false;                     ///< -S
  std::filesystem::path shared_disk = {};  ///< a second drive, with image locking; empty: none
  std::vector<std::string> more_arguments = {};
};

class QemuProcess : public RunningQemu {
 public:
  /// Throws CouldNotRun when the program cannot be started.
  explicit QemuProcess(QemuSetup setup);

  [[nodiscard]] bool running() override { return process_.running(); }
  [[nodiscard]] std::string end() override { return process_.end(); }
  [[nodiscard]] bool crashed() override { return process_.crashed(); }
  void kill() override { process_.kill(); }
  void signal(int number) override { process_.signal(number); }
  [[nodiscard]] int pid() const override { return process_.pid(); }
  [[nodiscard]] std::filesystem::path qmp_socket() const override;
  [[nodiscard]] std::filesystem::path qmp_log() const override { return file(".qmp.ndjson"); }
  [[nodiscard]] std::filesystem::path serial() const override { return file(".serial"); }
  [[nodiscard]] std::filesystem::path errors() const override { return file(".stderr"); }

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& suffix) const {
    return setup_.folder / (setup_.name + suffix);
  }
  [[nodiscard]] Launch launch() const;

  QemuSetup setup_;
  ChildProcess process_;
};

}  // namespace mig::validate
