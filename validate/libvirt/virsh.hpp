// SPDX-License-Identifier: GPL-2.0-or-later
// virsh from outside, as a person would use it: every call bounded, since a hanging virsh is an outcome here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/base/clock.hpp"
#include "validate/libvirt/host.hpp"
#include "validate/libvirt/install.hpp"

namespace mig::validate::libvirt {

struct VirshReply {
  std::optional<int> exit_code;  ///< empty: it did not come back in time
  std::string text;              ///< its output and messages, in one line
  [[nodiscard]] bool ok() const { return exit_code == 0; }
  /// "exit 1", or "hangs".
  [[nodiscard]] std::string ending() const {
    return exit_code ? "exit " + std::to_string(*exit_code) : std::string("hangs");
  }
};

/// One virsh that runs beside us.
class VirshCall {
 public:
  VirshCall(const Install& install, const std::vector<std::string>& arguments,
            const std::filesystem::path& output);

  [[nodiscard]] bool running() { return process_.running(); }
  /// What is known now.
  [[nodiscard]] VirshReply reply();
  /// Waits for its end, but not for ever.
  [[nodiscard]] VirshReply wait(Seconds limit);

 private:
  std::filesystem::path output_;
  ChildProcess process_;
};

class Virsh {
 public:
  /// Output files go to `folder`.
  Virsh(Install install, std::filesystem::path folder)
      : install_(std::move(install)), folder_(std::move(folder)) {}

  [[nodiscard]] VirshCall start(const Host& host, const std::vector<std::string>& arguments,
                                const std::string& name);
  VirshReply run(const Host& host, const std::vector<std::string>& arguments, Seconds limit = 20);
  /// "12.8.0"
  [[nodiscard]] std::string version();
  /// "running (unpaused)", "no domain", "no daemon", or that virsh hangs.
  [[nodiscard]] std::string domain_state(const Host& host);

 private:
  [[nodiscard]] std::string state_now(const Host& host);

  Install install_;
  std::filesystem::path folder_;
};

}  // namespace mig::validate::libvirt
