// SPDX-License-Identifier: GPL-2.0-or-later
// A process that cannot outlive us: it and its group are killed by the destructor, and by the kernel if we
// crash.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "validate/base/clock.hpp"

namespace mig::validate {

struct Launch {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path output;  ///< file for standard output
  std::filesystem::path errors;  ///< file for standard error; a pipe nobody reads could hang the process
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< beside that of ours
};

class ChildProcess {
 public:
  /// Throws CouldNotRun when the program cannot be started.
  explicit ChildProcess(const Launch& launch);
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  [[nodiscard]] bool running();
  /// Waits for its end, at most `limit`; true when it has ended. Throws Interrupted.
  bool wait_for(Seconds limit);
  /// How it ended: "exit code 1", "killed by signal 6 (Aborted)". Empty while it runs.
  [[nodiscard]] std::string end();
  /// It ended by a signal that was not ours: an abort, an assertion, a crash.
  [[nodiscard]] bool crashed();
  /// -1 while it runs or when a signal ended it.
  [[nodiscard]] int exit_code();
  void signal(int number);
  [[nodiscard]] int pid() const;
  /// SIGKILL to the whole group, then waits for the end.
  void kill();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mig::validate
