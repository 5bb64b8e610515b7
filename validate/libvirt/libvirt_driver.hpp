// SPDX-License-Identifier: GPL-2.0-or-later
// Two QEMUs started and driven by two libvirt daemons, which get the virsh commands that a person would give.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/files.hpp"
#include "validate/libvirt/command_log.hpp"
#include "validate/libvirt/host.hpp"
#include "validate/libvirt/hosted_qemu.hpp"
#include "validate/libvirt/virsh.hpp"
#include "validate/run/driver.hpp"
#include "validate/run/run_setup.hpp"
#include "validate/scenario/scenario.hpp"

namespace mig::validate::libvirt {

class LibvirtDriver final : public Driver {
 public:
  /// Starts both daemons and the source's guest. All references outlive this. Throws CouldNotRun.
  LibvirtDriver(const Scenario& scenario, const RunSetup& setup, const Install& install,
                const RunClock& clock);

  [[nodiscard]] LiveSide& side(Side side) override { return *part(side).live; }
  [[nodiscard]] std::string listen() override;
  [[nodiscard]] std::string proxy_address(const std::string& listening) const override;
  QmpReply migrate(const std::string& address) override;
  QmpReply start_postcopy() override;
  QmpReply recover(const std::string& listening, const std::string& address) override;
  void fresh_destination(const std::string& listening) override;
  QmpReply resume(Side side) override;
  [[nodiscard]] std::string resume_command() const override { return "virsh resume"; }
  QmpReply virsh(Side side, const std::vector<std::string>& arguments) override;
  void daemon(Side side, DaemonOrder order) override;
  [[nodiscard]] std::vector<Note> new_notes() override;
  void finish(Observations& seen) override;

 private:
  struct Part {
    Part(Side side, const LibvirtDriver& driver, const Install& install);
    Host host;
    CommandLog log;
    std::vector<MonitorLine> lines;
    HostedQemu* qemu = nullptr;  // owned by `live`
    std::unique_ptr<LiveSide> live;
  };
  [[nodiscard]] Part& part(Side side) { return side == Side::source ? source_ : destination_; }
  void expect_qemu(Side side);
  void create_domain();
  QmpReply start_migrate(const std::string& address, const std::vector<std::string>& more);
  [[nodiscard]] QmpReply wait_for_destination();
  [[nodiscard]] std::vector<std::string> migrate_arguments(const std::string& address) const;
  void read_notes(Side side, std::vector<Note>& notes);

  const Scenario& scenario_;
  const RunSetup& setup_;
  const RunClock& clock_;
  TempDir sockets_;
  Virsh virsh_;
  Part destination_;
  Part source_;
  std::optional<VirshCall> migrating_;
  bool end_told_ = false;
  std::string listening_;
};

}  // namespace mig::validate::libvirt
