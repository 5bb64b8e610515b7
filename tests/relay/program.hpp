// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy as a child process.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace mig::proxy::test {

struct Finished {
  int status = -1;  ///< exit status; 128 + signal where one ended it
  std::string out;
  std::string err;
};

/// Runs a program to its end (bounded).
Finished run(const std::vector<std::string>& command);
/// migproxy with these arguments.
Finished migproxy(std::vector<std::string> arguments);

/// A migproxy that relays; killed when the test ends.
class RunningProxy {
 public:
  explicit RunningProxy(std::vector<std::string> arguments);
  ~RunningProxy();
  RunningProxy(const RunningProxy&) = delete;
  RunningProxy& operator=(const RunningProxy&) = delete;

  /// From the first line of its output.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  void signal(int number) const;
  /// Waits for its end.
  Finished finish();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string address_;
  std::string first_;
};

}  // namespace mig::proxy::test
