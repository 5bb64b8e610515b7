// SPDX-License-Identifier: GPL-2.0-or-later
// A QEMU that a libvirt daemon of ours has started: found by its second monitor, watched as a process.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>

#include "validate/base/files.hpp"
#include "validate/libvirt/host.hpp"
#include "validate/qemu/running_qemu.hpp"

namespace mig::validate::libvirt {

class HostedQemu final : public RunningQemu {
 public:
  /// `host` outlives this. `qmp_log` is where our talk with it is written.
  HostedQemu(const Host& host, std::filesystem::path qmp_log);

  /// Looks for it, unless it was found before. A destination is there only once a migration begins.
  bool find();

  [[nodiscard]] bool running() override;
  /// Whose child it is not cannot know the exit code: what libvirt noted, "libvirt says crashed".
  [[nodiscard]] std::string end() override;
  [[nodiscard]] bool crashed() override { return false; }
  void kill() override { signal(SIGKILL); }
  void signal(int number) override;
  [[nodiscard]] int pid() const override;

  [[nodiscard]] std::filesystem::path qmp_socket() const override { return host_->socket("qmp"); }
  [[nodiscard]] std::filesystem::path qmp_log() const override { return qmp_log_; }
  [[nodiscard]] std::filesystem::path serial() const override { return host_->file("serial"); }
  [[nodiscard]] std::filesystem::path errors() const override;

 private:
  const Host* host_;
  std::filesystem::path qmp_log_;
  UniqueFd process_;  // a pidfd
};

}  // namespace mig::validate::libvirt
