// SPDX-License-Identifier: GPL-2.0-or-later
// A QEMU process and its files, started by migvalidate or by a management layer.
#pragma once

#include <filesystem>
#include <string>

namespace mig::validate {

class RunningQemu {
 public:
  virtual ~RunningQemu() = default;

  [[nodiscard]] virtual bool running() = 0;
  /// How it ended: "exit code 1". Empty while it runs.
  [[nodiscard]] virtual std::string end() = 0;
  /// It ended by a signal that was not ours.
  [[nodiscard]] virtual bool crashed() = 0;
  virtual void kill() = 0;
  virtual void signal(int number) = 0;
  /// 0 where it is not known.
  [[nodiscard]] virtual int pid() const = 0;

  [[nodiscard]] virtual std::filesystem::path qmp_socket() const = 0;
  [[nodiscard]] virtual std::filesystem::path qmp_log() const = 0;
  [[nodiscard]] virtual std::filesystem::path serial() const = 0;
  [[nodiscard]] virtual std::filesystem::path errors() const = 0;
};

}  // namespace mig::validate
