// SPDX-License-Identifier: GPL-2.0-or-later
// One of the two "hosts" of a migration through libvirt: a session daemon in a sandbox of its own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/base/clock.hpp"
#include "validate/libvirt/install.hpp"
#include "validate/run/driver.hpp"

namespace mig::validate::libvirt {

struct HostSetup {
  std::string name;               ///< "source" or "destination": its host name too
  std::filesystem::path scene;    ///< existing folder that both hosts see as /scene; ours is made in it
  std::filesystem::path sockets;  ///< short path to the scene, for what connects from outside
  std::filesystem::path qemu;     ///< the one that the daemon will start
};

class Host {
 public:
  /// Starts the sandbox and the daemon in it. Throws CouldNotRun.
  Host(const Install& install, HostSetup setup);
  Host(Host&&) noexcept = default;
  /// Ends everything inside, and waits for it.
  ~Host();

  /// Waits until the daemon takes connections. Throws CouldNotRun with the daemon's own words.
  void wait_until_up();
  /// Its QEMUs stay, whatever is done to the daemon.
  void order(DaemonOrder what);
  /// By what it was ordered: it may still be about to start.
  [[nodiscard]] bool ought_to_be_up() const { return last_order_ == DaemonOrder::start; }

  /// How virsh outside reaches this daemon, and how a daemon in the other sandbox does.
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] std::string uri_inside() const;
  /// A file that the host sees as /host/NAME.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  /// The same by a path short enough for a socket.
  [[nodiscard]] std::filesystem::path socket(const std::string& name) const {
    return setup_.sockets / setup_.name / name;
  }
  [[nodiscard]] std::filesystem::path log() const { return file("libvirtd.log"); }
  [[nodiscard]] const std::string& name() const { return setup_.name; }

 private:
  [[nodiscard]] Launch launch(const Install& install) const;
  void command(const std::string& word);

  HostSetup setup_;
  std::filesystem::path folder_;
  DaemonOrder last_order_ = DaemonOrder::start;
  std::optional<ChildProcess> sandbox_;
};

}  // namespace mig::validate::libvirt
